#include "engine/data/tokenizer_fit.h"

#include <algorithm>

namespace pgolf {
namespace {

constexpr int64_t kDocuments = 32;
constexpr std::ptrdiff_t kLongest = 4096;  // tokens; longer ones are passed over

}  // namespace

TokenizerFit tokenizer_fit(const Tokenizer& tokenizer, const std::vector<Shard>& shards) {
  TokenizerFit out;
  if (shards.empty()) return out;
  const auto tokens = shards.front().tokens();
  const auto bos = static_cast<uint16_t>(tokenizer.settings().bos_id);
  for (auto begin = std::find(tokens.begin(), tokens.end(), bos);
       begin != tokens.end() && out.documents < kDocuments;) {
    const auto end = std::find(begin + 1, tokens.end(), bos);
    if (end - begin > 1 && end - begin <= kLongest) {
      const std::vector<int32_t> ids(begin + 1, end);
      ++out.documents;
      if (tokenizer.encode(tokenizer.decode(ids)) == ids) ++out.equal;
    }
    begin = end;
  }
  return out;
}

}  // namespace pgolf
