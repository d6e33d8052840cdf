#include "archive/card.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/utf8.h"

namespace pgolf {
namespace {

constexpr size_t kMostValues = 4000, kMostText = 200, kMostDepth = 12;

struct Alias {
  std::string_view name, key;
};
constexpr std::array kAliases = {
    Alias{"val_bpb", "val_bpb"},
    Alias{"mean_val_bpb", "val_bpb"},
    Alias{"val_bpb_mean", "val_bpb"},
    Alias{"final_val_bpb", "val_bpb"},
    Alias{"bpb", "val_bpb"},
    Alias{"val_loss", "val_loss"},
    Alias{"mean_val_loss", "val_loss"},
    Alias{"val_loss_mean", "val_loss"},
    Alias{"final_val_loss", "val_loss"},
    Alias{"bytes_total", "total_bytes"},
    Alias{"total_bytes", "total_bytes"},
    Alias{"artifact_bytes", "total_bytes"},
    Alias{"artifact_bytes_max", "total_bytes"},
    Alias{"artifact_size_bytes", "total_bytes"},
    Alias{"total_artifact_bytes", "total_bytes"},
    Alias{"submission_bytes", "total_bytes"},
    Alias{"bytes_code", "code_bytes"},
    Alias{"code_bytes", "code_bytes"},
    Alias{"bytes_model", "model_bytes"},
    Alias{"model_bytes", "model_bytes"},
    Alias{"seed", "seed"},
    Alias{"track", "track"},
    Alias{"hardware", "hardware"},
    Alias{"gpu", "hardware"},
    Alias{"name", "title"},
    Alias{"title", "title"},
    Alias{"author", "author"},
    Alias{"github_id", "github_id"},
    Alias{"date", "date"},
};

// Values of a mean over seeds stand at the top; what stands below is of a seed, or of something else.
std::string key_of(const std::vector<std::string>& path) {
  const bool in_seeds = path.size() > 1 && (path[0] == "seeds" || path[0] == "seed_results");
  const auto alias =
      std::find_if(kAliases.begin(), kAliases.end(), [&](const Alias& a) { return a.name == path.back(); });
  if (path.size() == 1) return alias == kAliases.end() ? "card" : std::string(alias->key);
  if (in_seeds && path.size() == 2 && path[0] == "seeds") return "seed";
  if (in_seeds && alias != kAliases.end()) return alias->key == "seed" ? "seed" : "seed_" + std::string(alias->key);
  return "card";
}

// Walks over the text and knows how far the parser has come.
class Position {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Position(const char* at, const char** furthest) : at_(at), furthest_(furthest) {}
  reference operator*() const { return *at_; }
  Position& operator++() {
    *furthest_ = at_++;
    return *this;
  }
  bool operator==(const Position& other) const { return at_ == other.at_; }
  bool operator!=(const Position& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** furthest_;
};

class CardReader : public nlohmann::json_sax<Json> {
 public:
  explicit CardReader(std::string_view text) : text_(text), furthest_(text.data()), counted_(text.data()) {}

  std::vector<PrintedValue> read() {
    if (text_.starts_with("\xEF\xBB\xBF")) out_.push_back({"bom", "", "a byte order mark", 1});
    Json::sax_parse(Position(text_.data(), &furthest_), Position(text_.data() + text_.size(), &furthest_), this);
    return std::move(out_);
  }

  bool null() override { return add("null"); }
  bool boolean(bool value) override { return add(value ? "true" : "false"); }
  bool number_integer(number_integer_t value) override { return add(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& printed) override { return add(printed); }
  bool string(string_t& value) override { return add(value); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    levels_.back().name = name.substr(0, kMostText);
    const bool seeds = levels_.size() == 1 ? false : levels_[0].name == "seeds" || levels_[0].name == "seed_results";
    if (seeds && levels_.size() == 2) add_value("seed", levels_[0].name, name);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
    const std::string_view what = error.what();
    add_value("broken", "", what.substr(std::min(what.find("] ") + 2, what.size())));
    return false;
  }

 private:
  struct Level {
    bool array = false;
    std::string name;
    int64_t index = 0;
  };

  bool open(bool array) {
    if (levels_.size() >= kMostDepth) {
      add_value("broken", "", "nested too deeply");
      return false;
    }
    levels_.push_back({array, array ? "0" : "", 0});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return next();
  }
  bool next() {
    if (!levels_.empty() && levels_.back().array) levels_.back().name = std::to_string(++levels_.back().index);
    return out_.size() < kMostValues;
  }

  bool add(std::string_view text) {
    std::vector<std::string> path;
    for (const Level& level : levels_) path.push_back(level.name);
    if (path.empty()) return add_value("card", "", text);
    std::string label = path[0];
    for (size_t i = 1; i < path.size(); ++i) label += "." + path[i];
    add_value(key_of(path), label, text);
    return next();
  }

  // The parser has read one character more than a number has.
  bool add_value(std::string key, std::string label, std::string_view text) {
    line_ += std::count(counted_, std::max(counted_, furthest_), '\n');
    counted_ = std::max(counted_, furthest_);
    out_.push_back({std::move(key), std::move(label), std::string(utf8_prefix(text, kMostText)), line_});
    return true;
  }

  std::string_view text_;
  const char* furthest_;
  const char* counted_;
  int64_t line_ = 1;
  std::vector<Level> levels_;
  std::vector<PrintedValue> out_;
};

}  // namespace

std::vector<PrintedValue> card_values(std::string_view text) { return CardReader(text).read(); }

}  // namespace pgolf
