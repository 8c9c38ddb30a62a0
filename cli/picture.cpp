#include "picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "text.hpp"

namespace allot::cli {

namespace {

/// What a part of the memory is, as far as a picture is concerned.
enum class Paint : u8 { free, live, records, reserved, outside, few, half, many };
constexpr std::size_t kinds = 5;
// Colours that are told apart by those who do not see red or green (Okabe and Ito, 2008), and in grey.
constexpr const char* colours[] = {"#e3eef5",       "#0072b2", "#e69f00", "#b77aa5",
                                   "url(#outside)", "#a9cce1", "#6fabce", "#388dc0"};

constexpr int left = 150, width = 1024, top_of_rows = 176, right = 26;
constexpr u64 most_rows = 48, least_row_bytes = 4096, most_columns = 512;

struct Part {
  u64 begin;
  u64 end;
  Paint paint;
  bool is_block;
};

/// The memory from `view.begin` to `view.end` without holes: what is none of the heap's, too.
std::vector<Part> parts_of(const Survey& heap, View view) {
  std::vector<Part> parts;
  u64 at = view.begin;
  const auto add = [&](u64 begin, u64 end, Paint paint, bool is_block) {
    begin = std::max(begin, view.begin);
    end = std::min(end, view.end);
    if (begin < end) parts.push_back({begin, end, paint, is_block});
  };
  for (const Run& run : heap.runs) {
    if (run.address > at) add(at, run.address, Paint::outside, false);
    const Paint paint = run.kind == BlockKind::live       ? Paint::live
                        : run.kind == BlockKind::free     ? Paint::free
                        : run.kind == BlockKind::metadata ? Paint::records
                                                          : Paint::reserved;
    add(run.address, run.address + run.bytes, paint, run.kind == BlockKind::live);
    at = std::max(at, run.address + run.bytes);
  }
  add(at, view.end, Paint::outside, false);
  return parts;
}

/// How a column is painted that has so many bytes of each kind.
Paint paint_of(const std::array<u64, kinds>& bytes) {
  const u64 live = bytes[1], both = bytes[0] + bytes[1];
  const auto other = std::max_element(bytes.begin() + 2, bytes.end());
  if (*other > both) return static_cast<Paint>(other - bytes.begin());
  if (live == 0) return Paint::free;
  if (live == both) return Paint::live;
  return live * 3 < both ? Paint::few : live * 3 < both * 2 ? Paint::half : Paint::many;
}

const char* word_for(Paint paint) {
  switch (paint) {
    case Paint::free: return "free";
    case Paint::live: return "live block";
    case Paint::records: return "the heap's own records";
    case Paint::reserved: return "reserved";
    case Paint::outside: return "not the heap's";
    default: return "live and free";
  }
}

class Drawing {
 public:
  Drawing(const std::string& name, const files::SnapshotHeader& header, const Survey& heap, View view)
      : name_(name), header_(header), heap_(heap), view_(view), parts_(parts_of(heap, view)) {
    while ((view.end - view.begin + row_bytes_ - 1) / row_bytes_ > most_rows) row_bytes_ *= 2;
    column_bytes_ = std::max<u64>(granule_bytes, row_bytes_ / most_columns);
    first_row_ = view.begin / row_bytes_ * row_bytes_;
    rows_ = (view.end - first_row_ + row_bytes_ - 1) / row_bytes_;
    height_ = rows_ <= 20 ? 20 : 14;
  }

  std::string text() {
    const u64 height = top_of_rows + rows_ * pitch() + 40;
    put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"system-ui, 'DejaVu Sans', Arial, sans-serif\" font-size=\"13\" role=\"img\" "
        "aria-labelledby=\"title\">\n",
        left + width + right, height);
    put("<title id=\"title\">The heap of {}</title>\n", escaped(printable(name_)));
    put("<defs><pattern id=\"outside\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\">"
        "<rect width=\"8\" height=\"8\" fill=\"#f7f7f7\"/><path d=\"M0 8L8 0\" "
        "stroke=\"#cfcfcf\"/></pattern></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n");
    heading();
    legend();
    rows();
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }

  u64 pitch() const { return height_ + 3; }
  double x_of(u64 in_row) const {
    return left + static_cast<double>(in_row) * width / static_cast<double>(row_bytes_);
  }
  bool is_whole() const { return view_.begin == 0 && view_.end == header_.memory_bytes(); }

  void heading() {
    put("<text x=\"24\" y=\"36\" font-size=\"22\" font-weight=\"600\">{}</text>\n",
        escaped(printable(name_)));
    const std::string soundness = heap_.violation
                                      ? fmt::format(
                                            "<tspan fill=\"#c0002f\" font-weight=\"600\">The heap is "
                                            "damaged: rule {} is broken at {}.</tspan>",
                                            heap_.violation.number, address_text(heap_.violation.address))
                                      : "The heap is sound.";
    put("<text x=\"24\" y=\"60\" fill=\"#444\">A memory of {} ({}) and the heap in it, placed by the policy "
        "“{}”. {}</text>\n",
        size_text(header_.memory_bytes()), counted(header_.pages, "page of 64 KiB", "pages of 64 KiB"),
        policy_name(heap_.policy), soundness);
    std::string lines =
        fmt::format("Read it like text: addresses grow from left to right and line by line. A line is {}, ",
                    size_text(row_bytes_));
    lines += row_bytes_ < page_bytes    ? "a darker line above marks where a page begins."
             : row_bytes_ == page_bytes ? "which is one page."
             : ticks()                  ? "the white marks are the borders of pages."
                                        : fmt::format("which is {} pages.", row_bytes_ / page_bytes);
    if (!is_whole())
      lines += fmt::format(" Only {} to {} is drawn.", address_text(view_.begin), address_text(view_.end));
    put("<text x=\"24\" y=\"82\" fill=\"#444\">{}</text>\n", lines);
  }

  void legend() {
    std::array<u64, kinds> bytes{};
    std::array<u64, kinds> count{};
    for (const Part& part : parts_) {
      bytes[static_cast<std::size_t>(part.paint)] += part.end - part.begin;
      ++count[static_cast<std::size_t>(part.paint)];
    }
    const auto whole = static_cast<double>(view_.end - view_.begin);
    int x = 24;
    const auto entry = [&](Paint paint, const std::string& label, const std::string& note) {
      put("<rect x=\"{}\" y=\"104\" width=\"16\" height=\"16\" fill=\"{}\" stroke=\"#777\" "
          "stroke-width=\"0.5\"/>"
          "<text x=\"{}\" y=\"117\" font-weight=\"600\">{}</text><text x=\"{}\" y=\"134\" fill=\"#444\" "
          "font-size=\"12\">{}</text>\n",
          x, colours[static_cast<std::size_t>(paint)], x + 22, label, x + 22, note);
      x += 42 + static_cast<int>(8 * std::max(label.size(), note.size() * 9 / 10));
    };
    const auto share = [&](Paint paint) {
      const u64 n = bytes[static_cast<std::size_t>(paint)];
      return size_text(n) + ", " + percent(static_cast<double>(n), whole);
    };
    entry(Paint::live, "live: " + counted(count[1], "block", "blocks"), share(Paint::live));
    entry(Paint::free, "free: " + counted(count[0], "piece", "pieces"), share(Paint::free));
    if (column_bytes_ > granule_bytes) {
      put("<rect x=\"{}\" y=\"104\" width=\"16\" height=\"16\" fill=\"{}\"/>"
          "<rect x=\"{}\" y=\"104\" width=\"16\" height=\"16\" fill=\"{}\"/>",
          x, colours[5], x + 16, colours[6]);
      x += 32;
      entry(Paint::many, "some of both", "darker: more live");
    }
    if (count[2]) entry(Paint::records, "the heap's records", share(Paint::records));
    if (count[3]) entry(Paint::reserved, "reserved", share(Paint::reserved));
    if (count[4]) entry(Paint::outside, "not the heap's", share(Paint::outside));
  }

  bool ticks() const { return width * page_bytes / row_bytes_ >= 8; }

  void rows() {
    std::size_t part = 0;
    std::string borders;
    for (u64 row = 0; row < rows_; ++row) {
      const u64 begin = first_row_ + row * row_bytes_;
      const u64 y = top_of_rows + row * pitch();
      if (begin % page_bytes == 0 && row_bytes_ < page_bytes)
        put("<path d=\"M{} {}H{}\" stroke=\"#444\" stroke-width=\"1.2\"/>"
            "<text x=\"24\" y=\"{}\" font-size=\"11\" fill=\"#444\">page {}</text>\n",
            24, static_cast<double>(y) - 1.5, left + width, y + height_ - 5, begin / page_bytes);
      put("<text x=\"{}\" y=\"{}\" text-anchor=\"end\" font-family=\"'DejaVu Sans Mono', Consolas, "
          "monospace\" font-size=\"11\" fill=\"#444\">{}</text>\n",
          left - 8, y + height_ - 5, address_text(begin));
      draw_row(begin, y, part, borders);
      if (row_bytes_ > page_bytes && ticks())
        for (u64 at = page_bytes; at < row_bytes_; at += page_bytes)
          borders += fmt::format("M{:g} {}v{}", x_of(at), y, height_);
    }
    if (!borders.empty()) put("<path d=\"{}\" stroke=\"#fff\" stroke-width=\"1\"/>\n", borders);
    put("<text x=\"{}\" y=\"{}\" text-anchor=\"end\" font-family=\"'DejaVu Sans Mono', Consolas, monospace\" "
        "font-size=\"11\" fill=\"#444\">{}</text>\n",
        left - 8, top_of_rows + rows_ * pitch() + 12, address_text(view_.end));
  }

  /// Draws a line, in columns: what is shorter than a column is mixed with its neighbours. `part` is the
  /// first part that reaches into the line, then into the next one.
  void draw_row(u64 begin, u64 y, std::size_t& part, std::string& borders) {
    const u64 from = std::max(begin, view_.begin), end = std::min(begin + row_bytes_, view_.end);
    u64 drawn = from;
    Paint paint = Paint::outside;
    bool is_first = true;
    u64 single = parts_.size();  // the part that the rectangle shows, if it shows one
    const auto flush = [&](u64 to) {
      if (to <= drawn) return;
      const double x = x_of(drawn - begin), w = x_of(to - begin) - x;
      put("<rect x=\"{:g}\" y=\"{}\" width=\"{:g}\" height=\"{}\" fill=\"{}\">", x, y, w, height_,
          colours[static_cast<std::size_t>(paint)]);
      if (single < parts_.size())
        put("<title>{}, {} at {}</title>", word_for(parts_[single].paint),
            size_text(parts_[single].end - parts_[single].begin), address_text(parts_[single].begin));
      out_ += "</rect>\n";
      drawn = to;
    };
    for (u64 at = from; at < end;) {
      const u64 next = std::min((at / column_bytes_ + 1) * column_bytes_, end);
      std::array<u64, kinds> bytes{};
      std::size_t seen = part;
      while (part < parts_.size() && parts_[part].begin < next) {
        const Part& here = parts_[part];
        bytes[static_cast<std::size_t>(here.paint)] += std::min(here.end, next) - std::max(here.begin, at);
        if (here.end > next) break;
        ++part;
      }
      const bool is_one = seen < parts_.size() && parts_[seen].end >= next;
      const Paint column = paint_of(bytes);
      const bool is_new_block = is_one && single != seen && parts_[seen].is_block;
      if (is_first || column != paint || (is_one ? seen : parts_.size()) != single) {
        if (!is_first) flush(at);
        // A border between two live blocks that are wide enough to show one.
        if (!is_first && paint == Paint::live && is_new_block && at == parts_[seen].begin &&
            x_of(parts_[seen].end - at) - x_of(0) >= 4)
          borders += fmt::format("M{:g} {}v{}", x_of(at - begin), y, height_);
        paint = column;
        single = is_one ? seen : parts_.size();
        is_first = false;
      }
      at = next;
    }
    flush(end);
  }

  const std::string& name_;
  const files::SnapshotHeader& header_;
  const Survey& heap_;
  View view_;
  std::vector<Part> parts_;
  u64 row_bytes_ = least_row_bytes;
  u64 column_bytes_ = granule_bytes;
  u64 first_row_ = 0;
  u64 rows_ = 0;
  u64 height_ = 14;
  std::string out_;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string draw(const std::string& name, const files::SnapshotHeader& header, const Survey& heap,
                 View view) {
  return Drawing(name, header, heap, view).text();
}

}  // namespace allot::cli
