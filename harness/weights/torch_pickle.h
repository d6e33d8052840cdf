// The pickle of a torch.save, read as data: an allowlist of opcodes builds dictionaries, texts, numbers and tensors.
//
// Nothing is imported or called: the only names that may stand there are those of torch's storages, of its function
// that puts a tensor together, and of OrderedDict, and they stand for what this reader does itself.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/codec/compress.h"

namespace pgolf {

struct PickledTensor {
  std::string storage_type;              // "HalfStorage"
  std::string key;                       // of the archive's file data/KEY
  int64_t storage_size = 0, offset = 0;  // elements
  std::vector<int64_t> shape, strides;
};

struct PickledValue {
  enum class Kind { none, boolean, integer, real, text, tuple, dict, tensor, name, storage };
  Kind kind = Kind::none;
  int64_t integer = 0;
  double real = 0;
  std::string text;                                                        // text; name: "module name"
  std::vector<const PickledValue*> items;                                  // tuple
  std::vector<std::pair<const PickledValue*, const PickledValue*>> pairs;  // dict
  PickledTensor tensor;

  const PickledValue* find(std::string_view key) const;  // of a dict; null if it has none of that text
};

// Values live as long as this does; one may stand in several places, or in itself.
class TorchPickle {
 public:
  // Errors: submission, "<origin>: ...", with the opcode and its offset, for anything that is not on the list, for a
  // stream that breaks off, and beyond a hundred thousand values.
  TorchPickle(ByteView bytes, std::string_view origin);
  const PickledValue& root() const { return *root_; }

 private:
  friend class PickleReader;
  std::deque<PickledValue> values_;
  const PickledValue* root_ = nullptr;
};

}  // namespace pgolf
