#include "engine/data/adopted_directory.h"

#include <fmt/format.h>
#include <unistd.h>

#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/data/documents.h"
#include "engine/data/manifest_json.h"
#include "engine/data/staging.h"
#include "engine/data/verify.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

void make_link(const fs::path& link, const fs::path& target) {
  std::error_code error;
  fs::create_symlink(target, link, error);
  if (error) fail(ErrorKind::machine, "{}: making the link failed: {}", link.string(), error.message());
}

// In one step, so that a run that reads the directory meets the old link or the new one.
void point(const fs::path& link, const fs::path& target) {
  std::error_code missing;
  if (fs::read_symlink(link, missing) == target && !missing) return;
  const fs::path temporary = link.string() + fmt::format(".{}.tmp", ::getpid());
  make_link(temporary, target);
  fs::rename(temporary, link);
}

// What is told of the shards alone: equal for equal shards, whether their text is known or not.
Json without_text(const DataManifest& manifest) {
  Json out = to_json(manifest);
  out["val"].erase("text"), out["val"].erase("text_bytes");
  return out;
}

// The validation documents: the first of the file, as many as the shards have, as lines.
void read_text_lines(const DataManifest& m, const AdoptOptions& options,
                     const std::function<void(const std::string& text)>& take) {
  DocumentReader reader(options.docs, Blanks::keep);
  while (reader.documents() < m.val.documents) {
    options.poll();
    const auto text = reader.next();
    if (!text)
      fail(ErrorKind::usage,
           "{}: {} documents, but the validation shards have {}; give the documents they were made of",
           options.docs.string(), reader.documents(), m.val.documents);
    take(*text);
  }
}

void copy_text(DataManifest& m, const AdoptOptions& options, const fs::path& root) {
  const fs::path file = fs::path("val") / kValTextName;
  AppendFile out(root / file);
  read_text_lines(m, options, [&](const std::string& text) {
    out.append(document_line(text));
    m.val_text_bytes += static_cast<int64_t>(text.size());
  });
  out.sync();
  m.val_text = {file.string(), static_cast<int64_t>(fs::file_size(root / file)), sha256_file(root / file)};
}

void prove_copied_text(const AdoptOptions& options, const fs::path& root) {
  for (const DataCheck& check : verify_data(root, VerifyScope::validation, options.poll).checks)
    if (check.status == CheckStatus::fail)
      fail(ErrorKind::submission, "{}: not the text of these shards: {}: {}", options.docs.string(), check.name,
           check.detail);
}

void add_text_check(AdoptReport& report) {
  const DataManifest& m = report.manifest;
  if (m.has_text())
    report.checks.push_back({"text", CheckStatus::pass,
                             fmt::format("{} documents of {} bytes give the shards' tokens and bytes again",
                                         m.val.documents, m.val_text_bytes)});
  else
    report.checks.push_back(
        {"text", CheckStatus::unknown,
         "not given, so what the bytes stand for is not proven; --docs docs_selected.jsonl proves it"});
}

// A directory that is there is not changed: documents that are given must be those that it holds.
void check_existing_text(const DataManifest& existing, const AdoptOptions& options, const fs::path& target) {
  if (!existing.has_text())
    fail(ErrorKind::usage, "{}: holds these data without their text; for --docs choose another --out or remove it",
         target.string());
  Sha256 lines;
  read_text_lines(existing, options, [&](const std::string& text) { lines.update(document_line(text)); });
  if (lines.hex() != existing.val_text.sha256)
    fail(ErrorKind::submission, "{}: not the text of these shards, which {} holds", options.docs.string(),
         (target / existing.val_text.file).string());
}

void use_existing(AdoptReport& report, const AdoptOptions& options, const fs::path& target,
                  const std::vector<ShardLink>& links) {
  DataManifest existing = load_manifest(target);
  if (without_text(existing) != without_text(report.manifest))
    fail(ErrorKind::usage, "{}: holds other data; choose another --out or remove it", target.string());
  if (!options.docs.empty()) check_existing_text(existing, options, target);
  for (const ShardLink& link : links) point(target / link.file, link.target);
  report.manifest = std::move(existing);
  report.existed = true;
}

}  // namespace

void write_adopted(AdoptReport& report, const AdoptOptions& options, const Tokenizer& tokenizer, const fs::path& target,
                   const std::vector<ShardLink>& links) {
  std::error_code ignored;
  if (fs::exists(target / kManifestName, ignored)) {
    use_existing(report, options, target, links);
    return add_text_check(report);
  }
  DataManifest& m = report.manifest;
  StagingDirectory staging(target);
  staging.create("train");
  staging.create("val");
  write_file_atomic(staging.path() / kTokenizerName, tokenizer.model());
  for (const ShardLink& link : links) make_link(staging.path() / link.file, link.target);
  if (!options.docs.empty()) copy_text(m, options, staging.path());
  save_manifest(m, staging.path());
  if (m.has_text()) prove_copied_text(options, staging.path());
  staging.commit();
  m.directory = target;
  add_text_check(report);
}

}  // namespace pgolf
