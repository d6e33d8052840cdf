#include "engine/data/data_json.h"

namespace pgolf {

Json to_json(const PrepareResult& r) {
  return {{"directory", r.manifest.directory.string()},
          {"manifest_sha256", r.manifest.sha256},
          {"source_bytes", r.source_bytes},
          {"seconds", r.seconds},
          {"manifest", to_json(r.manifest)}};
}

Json to_json(const VerifyReport& r) {
  Json checks = Json::array();
  for (const VerifyCheck& c : r.checks)
    checks.push_back({{"check", c.name}, {"status", c.passed ? "pass" : "fail"}, {"detail", c.detail}});
  const ByteAccount& b = r.bytes;
  return {{"directory", r.manifest.directory.string()},
          {"manifest_sha256", r.manifest.sha256},
          {"passed", r.passed()},
          {"checks", checks},
          {"train", {{"documents", r.train_documents}, {"tokens", r.train_tokens}}},
          {"val", {{"documents", r.val_documents}, {"tokens", r.val_tokens}}},
          {"train_val_duplicates", r.train_val_duplicates},
          {"train_documents_dropped", r.manifest.train_documents_dropped},
          {"val_duplicates", r.val_duplicates},
          {"bytes",
           {{"documents", b.documents},
            {"text", b.text_bytes},
            {"outer_blanks", b.outer_bytes},
            {"normalised", b.normalised_bytes},
            {"uncounted", b.uncounted_bytes},
            {"documents_changed", b.documents_changed},
            {"table", b.table_bytes},
            {"sidecar", b.sidecar_bytes}}}};
}

}  // namespace pgolf
