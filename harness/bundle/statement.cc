#include "harness/bundle/statement.h"

#include "base/error.h"
#include "base/json_guard.h"
#include "base/message.h"
#include "base/names.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "harness/bundle/rows.h"
#include "harness/bundle/signature.h"

namespace pgolf {
namespace {

constexpr char kPayloadType[] = "application/vnd.in-toto+json", kStatementType[] = "https://in-toto.io/Statement/v1",
               kPredicateName[] = "urn:pgolf:run/", kPredicate[] = "urn:pgolf:run/1";
constexpr size_t kMostSignatures = 16;

// What is signed: DSSE's pre-authentication encoding (github.com/secure-systems-lab/dsse, protocol.md).
std::string to_be_signed(std::string_view payload) {
  return fmt::format("DSSEv1 {} {} {} {}", std::string_view(kPayloadType).size(), kPayloadType, payload.size(),
                     payload);
}

struct Envelope {
  std::string payload;
  std::vector<std::pair<std::string, std::string>> signatures;  // key, bytes
};

Envelope read_envelope(const std::string& text, const std::string& origin) {
  const Json json = parse_json(text, origin);
  if (const auto type = json_get<std::string>(json, "payloadType", origin); type != kPayloadType)
    fail(ErrorKind::submission, "{}: a payload of type '{:.60}', not '{}'", origin, as_message(type), kPayloadType);
  Envelope out;
  const auto payload = from_base64(json_get<std::string>(json, "payload", origin));
  if (!payload) fail(ErrorKind::submission, "{}: its payload is no Base64", origin);
  out.payload = *payload;
  const auto signatures = json_get<std::vector<Json>>(json, "signatures", origin);
  if (signatures.size() > kMostSignatures)
    fail(ErrorKind::submission, "{}: {} signatures, {} at most", origin, signatures.size(), kMostSignatures);
  for (const Json& signature : signatures) {
    const auto bytes = from_base64(json_get<std::string>(signature, "sig", origin));
    if (!bytes) fail(ErrorKind::submission, "{}: a signature is no Base64", origin);
    out.signatures.emplace_back(as_message(json_get<std::string>(signature, "keyid", origin)).substr(0, 64), *bytes);
  }
  return out;
}

std::map<std::string, std::string> stated_subjects(const Envelope& envelope, const std::string& origin) {
  const Json json = parse_json(envelope.payload, origin);
  const auto type = json_get<std::string>(json, "_type", origin),
             predicate = json_get<std::string>(json, "predicateType", origin);
  if (type != kStatementType || !predicate.starts_with(kPredicateName))
    fail(ErrorKind::submission, "{}: no in-toto statement on a run, '{:.60}' on '{:.60}'", origin, as_message(type),
         as_message(predicate));
  if (predicate != kPredicate)
    fail(ErrorKind::submission, "{}: of '{:.60}', this program reads '{}'; use a newer pgolf", origin,
         as_message(predicate), kPredicate);
  std::map<std::string, std::string> out;
  for (const Json& subject : json_get<std::vector<Json>>(json, "subject", origin)) {
    const auto name = json_get<std::string>(subject, "name", origin);
    const auto sha256 = json_get<std::string>(json_get<Json>(subject, "digest", origin), "sha256", origin);
    if (!out.emplace(name, sha256).second)
      fail(ErrorKind::submission, "{}: names subject '{:.100}' twice", origin, as_message(name));
  }
  return out;
}

// The first subject that the two do not share.
void check_subjects(const std::map<std::string, std::string>& stated, const std::map<std::string, std::string>& found,
                    const std::string& origin) {
  for (const auto& [name, sha256] : found) {
    const auto other = stated.find(name);
    if (other == stated.end()) fail(ErrorKind::submission, "{}: says nothing of '{}'", origin, name);
    if (other->second != sha256)
      fail(ErrorKind::submission, "{}: '{}' has SHA-256 {:.12}, the statement is on {:.12}", origin, name, sha256,
           as_message(other->second));
  }
  for (const auto& [name, sha256] : stated)
    if (!found.contains(name))
      fail(ErrorKind::submission, "{}: is on '{:.100}', which the bundle does not have", origin, as_message(name));
}

}  // namespace

std::map<std::string, std::string> subjects_of(const BundleContents& contents, std::string_view origin) {
  std::map<std::string, std::string> out;
  for (const auto& [path, content] : contents.files)
    if (path != kStatementFile) out[path] = sha256_hex(content);
  const std::string rows = fmt::format("{}: run.json", origin), pinned = fmt::format("{}: pinned.json", origin);
  const RunRecord record = rows_from_json(parse_json(needed(contents, kRows, origin), rows), rows);
  if (const PhaseRow* eval = record.phase(kEvalPhase))
    if (const std::string engine = phase_document(*eval).engine_sha256; !engine.empty()) out["engine"] = engine;
  const Json configuration = parse_json(needed(contents, kPinned, origin), pinned);
  const Json data = configuration.is_object() ? configuration.value("data", Json()) : Json();
  if (data.is_object() && data.value("manifest_sha256", Json()).is_string())
    out["data/manifest.json"] = data["manifest_sha256"];
  return out;
}

void add_statement(BundleContents& contents, std::string_view key_pem, const std::string& key_name) {
  Json subjects = Json::array();
  for (const auto& [name, sha256] : subjects_of(contents, "the bundle"))
    subjects.push_back({{"name", name}, {"digest", {{"sha256", sha256}}}});
  const std::string payload = Json({{"_type", kStatementType},
                                    {"subject", subjects},
                                    {"predicateType", kPredicate},
                                    {"predicate", {{"run", contents.run}}}})
                                  .dump();
  Json envelope = {{"payloadType", kPayloadType}, {"payload", to_base64(payload)}, {"signatures", Json::array()}};
  if (!key_pem.empty())
    envelope["signatures"].push_back({{"keyid", key_id(key_pem, key_name)},
                                      {"sig", to_base64(sign_ed25519(key_pem, to_be_signed(payload), key_name))}});
  contents.files[kStatementFile] = envelope.dump(2) + "\n";
}

CheckedStatement check_statement(const BundleContents& contents, std::string_view bundle, std::string_view key_pem,
                                 const std::string& key_name) {
  const std::string origin = fmt::format("{}: {}", bundle, kStatementFile);
  CheckedStatement out;
  out.there = contents.files.contains(kStatementFile);
  if (!out.there && !key_pem.empty())
    fail(ErrorKind::submission, "{}: has no statement, so that {} cannot have signed it", bundle, key_name);
  if (!out.there) return out;
  const Envelope envelope = read_envelope(needed(contents, kStatementFile, bundle), origin);
  check_subjects(stated_subjects(envelope, origin), subjects_of(contents, bundle), origin);
  for (const auto& [key, signature] : envelope.signatures) {
    out.keys.push_back(key);
    if (!key_pem.empty() && verifies_ed25519(key_pem, to_be_signed(envelope.payload), signature, key_name))
      out.verified = true;
  }
  if (!key_pem.empty() && !out.verified)
    fail(ErrorKind::submission, "{}: {}", origin,
         envelope.signatures.empty()
             ? "is not signed"
             : fmt::format("no signature of it is by {} ({:.12})", key_name, key_id(key_pem, key_name)));
  return out;
}

}  // namespace pgolf
