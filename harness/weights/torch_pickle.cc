#include "harness/weights/torch_pickle.h"

#include <algorithm>
#include <bit>
#include <map>

#include "base/error.h"
#include "base/message.h"

namespace pgolf {

using Kind = PickledValue::Kind;

namespace {

constexpr size_t kMostValues = 100'000, kMostText = 4096;

bool is_known_name(std::string_view name) {
  constexpr std::string_view kKnown[] = {"torch HalfStorage",      "torch FloatStorage",
                                         "torch BFloat16Storage",  "torch CharStorage",
                                         "torch LongStorage",      "torch ByteStorage",
                                         "torch BoolStorage",      "torch IntStorage",
                                         "torch ShortStorage",     "torch._utils _rebuild_tensor_v2",
                                         "collections OrderedDict"};
  return std::find(std::begin(kKnown), std::end(kKnown), name) != std::end(kKnown);
}

}  // namespace

const PickledValue* PickledValue::find(std::string_view key) const {
  for (const auto& [name, value] : pairs)
    if (name->kind == Kind::text && name->text == key) return value;
  return nullptr;
}

// The stack machine of pickle, protocol 2 to 4. Source: Python's Lib/pickletools.py.
class PickleReader {
 public:
  PickleReader(TorchPickle& out, ByteView bytes, std::string_view origin) : out_(out), bytes_(bytes), origin_(origin) {}

  const PickledValue* read() {
    for (;;) {
      start_ = at_;
      const auto opcode = static_cast<unsigned char>(number(1));
      if (opcode == '.') return pop();
      step(opcode);
    }
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    fail(ErrorKind::submission, "{}: the pickle within {} at byte {}", origin_, why, start_);
  }

  void step(unsigned char opcode) {
    switch (opcode) {
      case 0x80: version(); break;                                                       // PROTO
      case 0x95: number(8); break;                                                       // FRAME
      case 'N': push(Kind::none); break;                                                 // NONE
      case 0x88: push(Kind::boolean).integer = 1; break;                                 // NEWTRUE
      case 0x89: push(Kind::boolean).integer = 0; break;                                 // NEWFALSE
      case 'K': integer(static_cast<int64_t>(number(1))); break;                         // BININT1
      case 'M': integer(static_cast<int64_t>(number(2))); break;                         // BININT2
      case 'J': integer(static_cast<int32_t>(static_cast<uint32_t>(number(4)))); break;  // BININT
      case 0x8a: long1(); break;                                                         // LONG1
      case 'G': real(); break;                                                           // BINFLOAT
      case 'X': text(number(4)); break;                                                  // BINUNICODE
      case 0x8c: text(number(1)); break;                                                 // SHORT_BINUNICODE
      case '(': marks_.push_back(stack_.size()); break;                                  // MARK
      case ')': push(Kind::tuple); break;                                                // EMPTY_TUPLE
      case '}': push(Kind::dict); break;                                                 // EMPTY_DICT
      case 't': tuple(above_mark()); break;                                              // TUPLE
      case 0x85: tuple(take(1)); break;                                                  // TUPLE1
      case 0x86: tuple(take(2)); break;                                                  // TUPLE2
      case 0x87: tuple(take(3)); break;                                                  // TUPLE3
      case 's': set_items(take(2)); break;                                               // SETITEM
      case 'u': set_items(above_mark()); break;                                          // SETITEMS
      case 'q': remember(number(1)); break;                                              // BINPUT
      case 'r': remember(number(4)); break;                                              // LONG_BINPUT
      case 0x94: remember(memo_.size()); break;                                          // MEMOIZE
      case 'h': recall(number(1)); break;                                                // BINGET
      case 'j': recall(number(4)); break;                                                // LONG_BINGET
      case 'c': global(); break;                                                         // GLOBAL
      case 0x93: stack_name(); break;                                                    // STACK_GLOBAL
      case 'Q': persistent(); break;                                                     // BINPERSID
      case 'R': reduce(); break;                                                         // REDUCE
      default: refuse(fmt::format("has the opcode 0x{:02x}, which is not allowed,", opcode));
    }
  }

  uint64_t number(size_t size) {
    if (size > bytes_.size() - at_) refuse("breaks off");
    uint64_t out = 0;
    for (size_t i = size; i-- > 0;) out = out << 8 | std::to_integer<uint64_t>(bytes_[at_ + i]);
    at_ += size;
    return out;
  }
  std::string letters(uint64_t size) {
    if (size > kMostText) refuse("has a text that is too long");
    if (size > bytes_.size() - at_) refuse("breaks off");
    std::string out(reinterpret_cast<const char*>(bytes_.data() + at_), size);
    at_ += size;
    return out;
  }
  std::string line() {
    const auto* start = reinterpret_cast<const char*>(bytes_.data());
    const std::string_view rest(start + at_, bytes_.size() - at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) refuse("breaks off");
    std::string out = letters(end);
    ++at_;
    return out;
  }

  PickledValue& push(Kind kind) {
    if (out_.values_.size() >= kMostValues || stack_.size() >= kMostValues) refuse("has too many values");
    PickledValue& value = out_.values_.emplace_back();
    value.kind = kind;
    stack_.push_back(&value);
    return value;
  }
  PickledValue* pop() {
    if (stack_.empty() || (!marks_.empty() && stack_.size() <= marks_.back()))
      refuse("takes a value that is not there");
    PickledValue* out = stack_.back();
    stack_.pop_back();
    return out;
  }
  std::vector<PickledValue*> take(size_t count) {
    std::vector<PickledValue*> out(count);
    while (count-- > 0) out[count] = pop();
    return out;
  }
  std::vector<PickledValue*> above_mark() {
    if (marks_.empty()) refuse("takes a mark that is not there");
    const auto from = stack_.begin() + static_cast<ptrdiff_t>(marks_.back());
    std::vector<PickledValue*> out(from, stack_.end());
    stack_.erase(from, stack_.end());
    marks_.pop_back();
    return out;
  }

  void version() {
    if (const uint64_t v = number(1); v < 2 || v > 4) refuse(fmt::format("is of protocol {}, not 2 to 4,", v));
  }
  void integer(int64_t value) { push(Kind::integer).integer = value; }
  void real() {
    uint64_t bits = 0;
    for (int i = 0; i < 8; ++i) bits = bits << 8 | number(1);  // the one number that has its highest byte first
    push(Kind::real).real = std::bit_cast<double>(bits);
  }
  void long1() {
    const uint64_t size = number(1);
    if (size > 8) refuse("has a number of more than 64 bits");
    const uint64_t bits = number(size), shift = 64 - 8 * size;
    integer(size == 0 ? 0 : static_cast<int64_t>(bits << shift) >> shift);
  }
  void text(uint64_t size) {
    std::string value = letters(size);
    push(Kind::text).text = std::move(value);
  }
  void tuple(const std::vector<PickledValue*>& items) { push(Kind::tuple).items.assign(items.begin(), items.end()); }

  void set_items(const std::vector<PickledValue*>& items) {
    PickledValue* dict = pop();
    if (dict->kind != Kind::dict || items.size() % 2 != 0) refuse("sets items of what is no dictionary");
    if ((pairs_ += items.size()) > kMostValues) refuse("has too many values");
    for (size_t i = 0; i < items.size(); i += 2) dict->pairs.emplace_back(items[i], items[i + 1]);
    stack_.push_back(dict);
  }

  void remember(uint64_t slot) {
    if (stack_.empty() || memo_.size() >= kMostValues) refuse("remembers what is not there");
    memo_[slot] = stack_.back();
  }
  void recall(uint64_t slot) {
    const auto found = memo_.find(slot);
    if (found == memo_.end() || stack_.size() >= kMostValues) refuse("recalls what was not remembered");
    stack_.push_back(found->second);
  }

  void global() {
    const std::string module = line();  // before the member: arguments are evaluated in any order
    name(module, line());
  }

  void name(const std::string& module, const std::string& member) {
    std::string whole = module + " " + member;
    if (!is_known_name(whole)) refuse(fmt::format("names {}, which is not allowed,", as_message(whole)));
    push(Kind::name).text = std::move(whole);
  }
  void stack_name() {
    const auto both = take(2);
    if (both[0]->kind != Kind::text || both[1]->kind != Kind::text) refuse("names what is no text");
    name(both[0]->text, both[1]->text);
  }

  // ('storage', torch.HalfStorage, '0', 'cpu', 1024)
  void persistent() {
    const PickledValue* id = pop();
    const auto is = [&](size_t i, Kind kind) { return id->items.size() == 5 && id->items[i]->kind == kind; };
    const bool good = id->kind == Kind::tuple && is(0, Kind::text) && id->items[0]->text == "storage" &&
                      is(1, Kind::name) && id->items[1]->text.ends_with("Storage") && is(2, Kind::text) &&
                      is(4, Kind::integer) && id->items[4]->integer >= 0;
    if (!good) refuse("refers to what is no storage");
    PickledValue& out = push(Kind::storage);
    out.tensor.storage_type = id->items[1]->text.substr(6);  // behind "torch "
    out.tensor.key = id->items[2]->text, out.tensor.storage_size = id->items[4]->integer;
  }

  void reduce() {
    const auto both = take(2);
    const PickledValue &function = *both[0], &arguments = *both[1];
    if (function.kind != Kind::name || arguments.kind != Kind::tuple) refuse("calls what is no function");
    if (function.text == "collections OrderedDict" && arguments.items.empty())
      push(Kind::dict);
    else if (function.text == "torch._utils _rebuild_tensor_v2")
      tensor(arguments.items);
    else
      refuse("calls what is no function");
  }

  // (storage, offset, shape, strides, requires_grad, hooks)
  void tensor(const std::vector<const PickledValue*>& of) {
    const auto numbers = [&](const PickledValue& tuple) {
      std::vector<int64_t> out;
      for (const PickledValue* item : tuple.items) {
        if (item->kind != Kind::integer || item->integer < 0) refuse("has a tensor of no shape");
        out.push_back(item->integer);
      }
      return out;
    };
    const bool good = of.size() == 6 && of[0]->kind == Kind::storage && of[1]->kind == Kind::integer &&
                      of[1]->integer >= 0 && of[2]->kind == Kind::tuple && of[3]->kind == Kind::tuple &&
                      of[2]->items.size() == of[3]->items.size() && of[2]->items.size() <= 8;
    if (!good) refuse("has a tensor of another form");
    PickledTensor tensor = of[0]->tensor;
    tensor.offset = of[1]->integer, tensor.shape = numbers(*of[2]), tensor.strides = numbers(*of[3]);
    push(Kind::tensor).tensor = std::move(tensor);
  }

  TorchPickle& out_;
  ByteView bytes_;
  std::string_view origin_;
  size_t at_ = 0, start_ = 0, pairs_ = 0;
  std::vector<PickledValue*> stack_;
  std::vector<size_t> marks_;
  std::map<uint64_t, PickledValue*> memo_;
};

TorchPickle::TorchPickle(ByteView bytes, std::string_view origin) { root_ = PickleReader(*this, bytes, origin).read(); }

}  // namespace pgolf
