// Purpose: draws the heap of a snapshot as SVG: memory from left to right and line by line, as text is read.
// Floor:   cli.
#pragma once

#include <allot/host/files/snapshot.hpp>

#include <string>

#include "survey.hpp"

namespace allot::cli {

/// What of the memory is drawn: addresses from `begin` up to, not including, `end`.
struct View {
  u64 begin;
  u64 end;
};

/// A picture of a heap whose blocks are known.
std::string draw(const std::string& name, const files::SnapshotHeader& header, const Survey& heap, View view);

/// Text as it may stand in SVG and HTML.
std::string escaped(std::string_view text);

}  // namespace allot::cli
