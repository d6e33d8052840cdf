// Data: who saw which files, whether they are the ones meant, and what the result divides by.
#include <cmath>
#include <iterator>

#include <fmt/ranges.h>

#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

constexpr int64_t kMaxTargetBytes = 64;  // no token of the tokenizers in use stands for more text

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Files of `role` that the phase opened, with the line of the first.
std::pair<int64_t, int64_t> opened(const PhaseEvidence& phase, const std::string& role) {
  int64_t files = 0, line = 0;
  for (const auto& record : phase.events->events)
    if (const auto* data = std::get_if<DataEvent>(&record.event); data && data->role == role && ++files == 1)
      line = record.line;
  return {files, line};
}

std::vector<Attempt> attempts_at(const PhaseFacts& phase, const std::set<std::string>& kinds) {
  std::vector<Attempt> out;
  std::copy_if(phase.denied.begin(), phase.denied.end(), std::back_inserter(out),
               [&](const Attempt& a) { return kinds.contains(a.kind); });
  return out;
}

int64_t times(const std::vector<Attempt>& attempts) {
  int64_t out = 0;
  for (const Attempt& a : attempts) out += a.times;
  return out;
}

// Whether `names` kept away from data of `role`, and tried nothing of the kinds `forbidden`.
Finding without(const RunEvidence& run, const RuleReading& reading, const std::vector<std::string>& names,
                const std::string& role, const std::set<std::string>& forbidden) {
  Finding out{Status::pass, 0, 0, "files", {}, {}};
  std::vector<std::string> open, isolated;
  int64_t files = 0;
  for (const auto& name : names) {
    const auto* phase = run.phase(name);
    if (!phase) return unknown(fmt::format("no {} phase is recorded", name), "files", 0);
    if (const auto tried = attempts_at(phase->facts, forbidden); !tried.empty())
      return {
          Status::fail,           times(tried), 0, "attempts", fmt::format("{} tried: {}", name, attempts_text(tried)),
          "watch of system calls"};
    if (has(phase->facts.visible, role)) open.push_back(name);
    if (!phase->facts.isolation.empty()) isolated.push_back(fmt::format("{} in {}", name, phase->facts.isolation));
    if (!phase->events) return unknown(phase->problem, "files", 0);
    const bool reads_data = name != "pack";  // packing may not
    if (reads_data && !phase->last<DataEvent>())
      return unknown(fmt::format("{} reported no file at all", name), "files", 0);
    const auto [count, line] = opened(*phase, role);
    if (count > 0) out.evidence = fmt::format("{}:{}", phase->file, line);
    files += count;
  }
  out.observed = files;
  if (files > 0) {
    out.status = Status::fail;
    out.reason = fmt::format("opened {} {} files", files, role);
  } else if (!open.empty()) {
    out.status = Status::fail;
    out.reason = fmt::format("{} data lay open to {}", role, fmt::join(open, ", "));
  } else if (isolated.size() == names.size()) {
    out.reason = fmt::format("{}; none reported opening {} data", fmt::join(isolated, ", "), role);
    out.evidence = "sandbox";
  } else {
    out.reason = fmt::format("none was given or reported opening {} data", role);
    if (reading.flag("isolation")) out.status = Status::unknown, out.reason += ", but nothing kept them from it";
  }
  return out;
}

}  // namespace

Finding training_without_validation(const RunEvidence& run, const RuleReading& reading) {
  return without(run, reading, {"train", "pack"}, "val", {"val"});
}

Finding evaluation_without_training(const RunEvidence& run, const RuleReading& reading) {
  auto out = without(run, reading, {"eval"}, "train", {"train", "network"});
  const auto* eval = run.phase("eval");
  if (out.status == Status::pass && eval->facts.network && reading.flag("isolation"))
    out.status = Status::unknown, out.reason += "; it could reach the network";
  return out;
}

Finding kept_to_sandbox(const RunEvidence& run, const RuleReading&) {
  Finding out{Status::pass, 0, 0, "attempts", {}, "watch of system calls"};
  int64_t count = 0;
  std::vector<std::string> tried, unwatched;
  for (const char* name : {"train", "pack", "eval"}) {
    const auto* phase = run.phase(name);
    if (!phase || !phase->facts.watched) unwatched.push_back(name);
    if (!phase || phase->facts.denied.empty()) continue;
    count += times(phase->facts.denied);
    tried.push_back(fmt::format("{} tried: {}", name, attempts_text(phase->facts.denied)));
  }
  if (count > 0)
    out.status = Status::fail, out.observed = count, out.reason = fmt::format("{}", fmt::join(tried, ". "));
  else if (!unwatched.empty())
    return unknown(fmt::format("the system calls of {} were not watched", fmt::join(unwatched, ", ")), "attempts", 0);
  else
    out.reason = "no system call of train, pack and eval reached beyond what they were given";
  return out;
}

Finding data_hashes(const RunEvidence& run, const RuleReading&) {
  if (run.facts.manifest.empty()) return unknown("there is no manifest to compare with", "files", 0);
  int64_t compared = 0, differ = 0, unhashed = 0;
  std::set<std::string> roles;
  std::string first;
  for (const auto& phase : run.phases) {
    if (!phase.events) continue;
    for (const auto& record : phase.events->events) {
      const auto* data = std::get_if<DataEvent>(&record.event);
      if (!data || (data->role != "train" && data->role != "val" && data->role != "tokenizer")) continue;
      if (data->sha256.empty()) {
        ++unhashed;
        continue;
      }
      ++compared;
      roles.insert(data->role);
      const auto same = std::find_if(
          run.facts.manifest.begin(), run.facts.manifest.end(),
          [&](const ManifestFile& file) { return file.role == data->role && file.sha256 == data->sha256; });
      if (same == run.facts.manifest.end() && differ++ == 0) first = fmt::format("{}:{}", phase.file, record.line);
    }
  }
  Finding out{Status::pass, differ, 0, "files", fmt::format("{} files have the manifest's SHA-256", compared - differ),
              first};
  int64_t remembered = 0;
  for (const auto& phase : run.phases) remembered += phase.facts.remembered;
  if (remembered > 0)
    out.reason += fmt::format(", {} as hashed before, since size, times and inode are what they were", remembered);
  if (differ > 0)
    out.status = Status::fail, out.reason = fmt::format("{} of {} files are not in the manifest", differ, compared);
  else if (unhashed > 0)
    out.status = Status::unknown, out.reason = fmt::format("{} files were opened and not hashed", unhashed);
  else if (!roles.contains("train") || !roles.contains("val"))
    out.status = Status::unknown, out.reason = "the phases did not report both training and validation files";
  return out;
}

Finding byte_count(const RunEvidence& run, const RuleReading&) {
  const Json limit = run.facts.val_bytes ? Json(*run.facts.val_bytes) : Json();
  const auto* eval = run.phase("eval");
  if (!eval || !eval->events) return unknown(eval ? eval->problem : "no evaluation phase is recorded", "bytes", limit);
  const ReportedResult result = eval->result();
  if (!result.event) return unknown(result.problem.empty() ? "no result was reported" : result.problem, "bytes", limit);
  const ValidationEvent& pass = *result.event;
  Finding out{Status::pass, pass.bytes, limit, "bytes", {}, fmt::format("{}:{}", eval->file, result.line)};
  const auto ends = [&](Status status, std::string reason) {
    out.status = status, out.reason = std::move(reason);
    return out;
  };
  if (!result.problem.empty()) return ends(Status::fail, result.problem);
  if (!run.facts.val_bytes)
    return ends(Status::unknown, run.facts.val_problem.empty()
                                     ? "the text behind the targets was not recounted"
                                     : "the prepared data are damaged: " + run.facts.val_problem);
  const int64_t targets = pass.targets - run.facts.val_targets.value_or(pass.targets),
                bytes = pass.bytes - *run.facts.val_bytes;
  if (targets == 0 && bytes != 0)
    return ends(Status::fail, fmt::format("the recount of the text gives {} bytes", with_commas(*run.facts.val_bytes)));
  if (targets == 0)
    return run.facts.val_text_known
               ? ends(Status::pass, "equal to the recount of the text behind the scored targets")
               : ends(Status::unknown,
                      "equal to the recount of the shards; the documents' text is not there to prove what they stand "
                      "for");
  // Scored again or left out, as the ledger has it; no target is beyond the stream's.
  const bool ledgered = run.ledger && targets == run.ledger->check.repeated - run.ledger->check.missing;
  const bool plausible =
      std::abs(bytes) <= kMaxTargetBytes * std::abs(targets) && (bytes == 0 || (bytes > 0) == (targets > 0));
  if (!ledgered)
    return ends(Status::fail, fmt::format("{} targets off the stream's {}, which the ledger does not show",
                                          with_commas(targets), with_commas(*run.facts.val_targets)));
  return ends(plausible ? Status::warn : Status::fail,
              fmt::format("{} bytes off the recount, over {} targets that were scored again or left out",
                          with_commas(bytes), with_commas(std::abs(targets))));
}

Finding artifact_identity(const RunEvidence& run, const RuleReading&) {
  const auto& facts = run.facts;
  if (facts.artifact_sha256.empty() || facts.artifact_sha256_before_eval.empty())
    return unknown("the artifact was not hashed before evaluation and again now");
  Finding out{Status::pass,
              facts.artifact_sha256,
              facts.artifact_sha256_before_eval,
              "",
              "same SHA-256 when packed, when scored and now",
              "artifact.bin"};
  const auto differ = [&](std::string reason) { out.status = Status::fail, out.reason = std::move(reason); };
  if (facts.artifact_sha256 != facts.artifact_sha256_before_eval)
    differ("the file is not the one that was there before evaluation");
  const auto* pack = run.phase("pack");
  const auto* packed = pack ? pack->last<ArtifactEvent>() : nullptr;
  if (packed) {
    if (packed->sha256 != facts.artifact_sha256_before_eval) differ("packing reported another file");
    if (facts.model_bytes && packed->model_bytes != *facts.model_bytes)
      differ(fmt::format("packing reported {} bytes, the file has {}", with_commas(packed->model_bytes),
                         with_commas(*facts.model_bytes)));
  }
  bool scored = false;
  if (const auto* eval = run.phase("eval"); eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* data = std::get_if<DataEvent>(&record.event); data && data->role == "artifact") {
        scored = true;
        if (data->sha256 != facts.artifact_sha256_before_eval) differ("evaluation opened another file");
      }
  if (out.status == Status::pass && !(packed && scored))
    return unknown(packed ? "evaluation did not report the artifact that it opened"
                          : "packing did not report its artifact");
  return out;
}

}  // namespace pgolf::rules
