#include "engine/evidence/leaves.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"

namespace pgolf {
namespace {

constexpr char kFormatName[] = "pgolf.leaves/", kFormat[] = "pgolf.leaves/1";
constexpr size_t kMostHeader = 4 << 20, kMostNames = 100'000;

constexpr std::pair<std::string_view, std::string_view> kOps[] = {
    {"batch ", "the loader, or the transfer to the device"},
    {"gradient ", "the forward or backward pass, or the mean over ranks"},
    {"first ", "the optimizer's first moment"},
    {"second ", "the optimizer's second moment"},
    {"weight ", "the update of the weights"},
    {"ema ", "the running average of the weights"},
    {"swa ", "the sum of the averaged weights"},
    {"counters", "the count of updates"},
};

std::span<const std::byte> bytes_of(std::span<const Digest> digests) { return std::as_bytes(digests); }

}  // namespace

StepRoots roots_of(const LeafLayout& layout, std::span<const Digest> leaves) {
  check(leaves.size() == layout.names.size(), "leaves: {} of {}", leaves.size(), layout.names.size());
  const auto inputs = static_cast<size_t>(layout.inputs);
  const std::array<Digest, 2> halves = {sha256(bytes_of(leaves.first(inputs))),
                                        sha256(bytes_of(leaves.subspan(inputs)))};
  return {halves[1], sha256(bytes_of(halves))};
}

std::string leaf_op(const std::string& name) {
  for (const auto& [prefix, op] : kOps)
    if (name.starts_with(prefix)) return std::string(op);
  return "something that this pgolf does not know";
}

struct LeavesWriter::State {
  AppendFile file;
};

LeavesWriter::LeavesWriter(const std::filesystem::path& path, const std::string& config_sha256,
                           const LeafLayout& layout, int64_t first_step)
    : state_(new State{AppendFile(path)}) {
  state_->file.append(Json{{"format", kFormat},
                           {"config_sha256", config_sha256},
                           {"first_step", first_step},
                           {"inputs", layout.inputs},
                           {"names", layout.names}}
                          .dump() +
                      "\n");
}
LeavesWriter::~LeavesWriter() = default;

void LeavesWriter::add(std::span<const Digest> leaves) {
  const auto bytes = bytes_of(leaves);
  state_->file.append({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void LeavesWriter::sync() { state_->file.sync(); }

LeavesFile::LeavesFile(const std::filesystem::path& path) : path_(path) {
  const std::string name = path.string();
  InputFile in(path);
  std::string line(std::min<size_t>(kMostHeader, static_cast<size_t>(in.size())), '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  const size_t end = line.find('\n');
  if (end == std::string::npos) fail(ErrorKind::submission, "{}: damaged: its first line does not end", name);
  line.resize(end);
  const Json json = parse_json(line, name);
  const auto format = json_get<std::string>(json, "format", name);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: no file of leaves", name);
  if (format != kFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", name, format, kFormat);
  config_sha256_ = json_get<std::string>(json, "config_sha256", name);
  layout_.names = json_get<std::vector<std::string>>(json, "names", name);
  layout_.inputs = json_integer(json, "inputs", name);
  first_step_ = json_integer(json, "first_step", name);
  rows_at_ = static_cast<int64_t>(end) + 1;
  const size_t names = layout_.names.size();
  if (names == 0 || names > kMostNames || layout_.inputs < 0 || std::cmp_greater(layout_.inputs, names) ||
      first_step_ < 1)
    fail(ErrorKind::submission, "{}: damaged: {} leaves, {} of them inputs, from step {}", name, names, layout_.inputs,
         first_step_);
}

std::optional<std::vector<Digest>> LeavesFile::leaves(int64_t step) const {
  InputFile in(path_);
  const auto row = static_cast<int64_t>(layout_.names.size() * sizeof(Digest)), rows = (in.size() - rows_at_) / row;
  if (step < first_step_ || step - first_step_ >= rows) return std::nullopt;
  std::vector<Digest> out(layout_.names.size());
  in.seekg(rows_at_ + (step - first_step_) * row);
  in.read(reinterpret_cast<char*>(out.data()), row);
  return out;
}

}  // namespace pgolf
