// Purpose: rows of cells in columns, each as wide as its longest cell.
// Floor:   cli.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "text.hpp"

namespace allot::cli {

class Table {
 public:
  /// One character a column: '<' flush left, '>' flush right. Each line begins with `indent` spaces.
  explicit Table(std::string alignment, std::size_t indent = 2)
      : alignment_(std::move(alignment)), indent_(indent) {}

  /// A row; cells that are missing at its end are empty.
  void row(std::vector<std::string> cells) { rows_.push_back({std::move(cells), false}); }
  /// A row that is faint on a terminal: what the columns are.
  void head(std::vector<std::string> cells) { rows_.push_back({std::move(cells), true}); }
  bool empty() const { return rows_.empty(); }

  std::string text(const Style& style) const {
    std::vector<std::size_t> widths(alignment_.size());
    for (const Row& row : rows_)
      for (std::size_t i = 0; i < row.cells.size() && i < widths.size(); ++i)
        widths[i] = std::max(widths[i], width_of(row.cells[i]));
    std::string out;
    for (const Row& row : rows_) {
      std::string line(indent_, ' ');
      for (std::size_t i = 0; i < row.cells.size() && i < widths.size(); ++i) {
        const std::string pad(widths[i] - width_of(row.cells[i]), ' ');
        line += alignment_[i] == '>' ? pad + row.cells[i] : row.cells[i] + pad;
        line += "  ";
      }
      line.erase(line.find_last_not_of(' ') + 1);
      out += (row.is_head ? style.faint(line) : line) + "\n";
    }
    return out;
  }

 private:
  struct Row {
    std::vector<std::string> cells;
    bool is_head;
  };
  std::string alignment_;
  std::size_t indent_;
  std::vector<Row> rows_;
};

}  // namespace allot::cli
