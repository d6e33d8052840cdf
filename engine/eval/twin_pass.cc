#include "engine/eval/twin_pass.h"

#include <algorithm>

#include "base/error.h"
#include "engine/data/shard.h"
#include "engine/data/twin.h"
#include "engine/eval/scored_pass.h"
#include "engine/eval/val_documents.h"
#include "engine/evidence/twin.h"

namespace pgolf {
namespace {

constexpr char kPartTwin[] =
    "twin";  // no part of the evaluation that a rule counts: the submission does not ask for it

struct DocumentSum {
  double nll = 0;
  int64_t targets = 0, bytes = 0;
};

// Sums by rank and document, added over ranks in their order: they do not depend on which processes play the ranks.
class DocumentSums {
 public:
  explicit DocumentSums(const EvalRun& run)
      : val_(run.val),
        first_rank_(run.ranks().begin),
        documents_(
            find_documents({val_.inputs(0), static_cast<size_t>(val_.num_targets()) + 1}, run.config.data.bos_id)),
        sums_(static_cast<size_t>(run.ranks().size()) * documents_.size()) {}

  // A BOS is the last target of the document before it.
  void count(const WindowBatch& batch, std::span<const float> nll, int rank) {
    DocumentSum* sums = sums_.data() + static_cast<size_t>(rank - first_rank_) * documents_.size();
    for (int64_t b = 0; b < batch.size(); ++b) {
      const Window& w = batch.windows[static_cast<size_t>(b)];
      auto document = std::upper_bound(documents_.begin(), documents_.end(), w.score_begin,
                                       [](int64_t target, const Document& d) { return target < d.begin; });
      for (int64_t i = w.score_begin; i < w.score_end; ++i) {
        while (document != documents_.end() && document->begin <= i) ++document;
        if (document == documents_.begin()) continue;  // before the first BOS
        DocumentSum& sum = sums[document - documents_.begin() - 1];
        sum.nll += nll[static_cast<size_t>(batch.position(b, i))];
        ++sum.targets, sum.bytes += val_.bytes(i);
      }
    }
  }

  // Of all ranks, at the first process. A document that was not scored to any part counts for nothing.
  DocumentsEvent total(const std::string& pass, Comm& comm) const {
    const std::vector<DocumentSum> all = comm.gather_values(sums_);
    DocumentsEvent out{.name = pass};
    for (size_t d = 0; d < documents_.size(); ++d) {
      DocumentSum sum;
      for (size_t at = d; at < all.size(); at += documents_.size())
        sum.nll += all[at].nll, sum.targets += all[at].targets, sum.bytes += all[at].bytes;
      if (sum.targets == 0) continue;
      const auto bytes = static_cast<double>(sum.bytes);
      ++out.documents, out.targets += sum.targets, out.bytes += sum.bytes, out.nll += sum.nll;
      out.nll_nll += sum.nll * sum.nll, out.nll_bytes += sum.nll * bytes, out.bytes_bytes += bytes * bytes;
    }
    return out;
  }

 private:
  const ValSet& val_;
  int first_rank_;
  std::vector<Document> documents_;
  std::vector<DocumentSum> sums_;  // [ranks of this process, documents]
};

void score_text(const EvalRun& of, const ValSet& text, const char* name) {
  EvalRun run{of.ctx, of.model, of.params, text, of.config, of.comm, {of.evidence.events, nullptr}, of.seed};
  DocumentSums sums(run);
  score_consecutive(
      run, {.name = name, .weights = "artifact"},
      [&](const WindowBatch& batch, std::span<const float> nll, int rank) { sums.count(batch, nll, rank); });
  const DocumentsEvent total = sums.total(name, run.comm);
  if (run.comm.is_first()) run.evidence.events.write(total);
}

}  // namespace

void score_twin(EvalRun& run, const PhaseOptions& options) {
  const std::filesystem::path folder = options.data_dir / kTwinFolder;
  std::error_code none;
  if (!std::filesystem::exists(folder, none)) return;
  EventLog& events = run.evidence.events;
  PhaseTimer timer(events, kPartTwin);
  for (const ShardKind kind : {ShardKind::val, ShardKind::val_bytes})
    if (has_shards(folder / "val", kind))
      for (const auto& shard : list_shards(folder / "val", kind)) record_file(events, kTwinRole, shard);
  EventLog nowhere;  // they are no files of the validation set
  const ValSet twin = load_val_set(folder, run.config, {}, nowhere);
  score_text(run, run.val, kTwinValPass);
  score_text(run, twin, kTwinPass);
  timer.finish();
}

}  // namespace pgolf
