#include "engine/eval/ttt_phased_lora.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "engine/core/transfer.h"
#include "engine/eval/base_optimizer.h"
#include "engine/eval/group_schedule.h"
#include "engine/eval/train_on_documents.h"
#include "engine/model/lora.h"
#include "engine/ops/cross_entropy.h"

namespace pgolf {
namespace {

// Adapters of a group, and their optimizer.
struct Adapters {
  Adapters(EvalRun& run, int64_t docs)
      : lora(run.ctx, run.config.model, run.config.ttt, docs), optimizer(run.ctx, lora.params(), run.config.ttt) {}
  LoraSet lora;
  AdamW optimizer;
};

// Fresh adapters for one rank after the other. Ranks whose generators are in the same state, as all are at first, draw
// the same numbers: these are drawn once.
class SharedDraw {
 public:
  void into(Context& ctx, LoraSet& lora, TorchRng& rng) {
    if (last_ && last_->before == rng) {
      lora.set_a(ctx, last_->a);
      rng = last_->after;
      return;
    }
    const TorchRng before = rng;
    lora.draw(ctx, rng);
    last_ = {before, rng, lora.a(ctx)};
  }

 private:
  struct Drawn {
    TorchRng before, after;
    std::vector<float> a;
  };
  std::optional<Drawn> last_;
};

class PhasedTtt {
 public:
  PhasedTtt(EvalRun& run, const PassInfo& info, std::vector<Document> documents)
      : run_(run),
        ttt_(run.config.ttt),
        pass_(run, info, count_targets(documents)),
        groups_(group_documents(std::move(documents), ttt_.doc_batch)),
        rngs_(static_cast<size_t>(run.world()), TorchRng(static_cast<uint64_t>(run.seed))) {
    full_.emplace(run_, ttt_.doc_batch);
  }

  ScoreSum run() {
    for (const Phase& phase : schedule_groups(groups_, ttt_, run_.world())) {
      if (phase.claims.empty()) continue;
      freeze_base(true);
      for (int rank = run_.ranks().begin; rank < run_.ranks().end; ++rank) play(rank, phase.claims);
      if (!phase.trains) continue;
      sync_ranks(run_);
      train_on_documents(run_, phase.to_train);
      sync_ranks(run_);
    }
    freeze_base(false);
    return pass_.finish();
  }

 private:
  static int64_t count_targets(const std::vector<Document>& documents) {
    int64_t n = 0;
    for (const Document& d : documents) n += d.num_targets();
    return n;
  }

  void freeze_base(bool frozen) {
    run_.params.set_frozen([frozen](const std::string&) { return frozen; });
  }

  // A rank's groups of a phase, with adapters of its own that carry A from group to group. Until ranks meet they are
  // independent, so they take turns and there is one set of adapters.
  void play(int rank, std::span<const Claim> claims) {
    record_reset(run_, rank_scope("lora", rank), rank);
    draw_.into(run_.ctx, full_->lora, rng_of(rank));
    for (const Claim& claim : claims) {
      if (claim.rank != rank) continue;
      const std::vector<Document>& documents = groups_[claim.group].documents;
      if (static_cast<int64_t>(documents.size()) == ttt_.doc_batch)
        score_full_group(rank, documents);
      else
        score_small_group(rank, documents);
    }
  }

  void score_full_group(int rank, const std::vector<Document>& documents) {
    full_->lora.reset(run_.ctx, rng_of(rank));  // no RESET in the ledger: A has learned from the groups before
    full_->optimizer.reset(run_.ctx);
    adapt_and_score(rank, documents, *full_, rank_scope("lora", rank));
  }

  // With fresh adapters, for which the full-size ones make room.
  void score_small_group(int rank, const std::vector<Document>& documents) {
    const std::vector<float> a = full_->lora.a(run_.ctx);
    full_.reset();
    {
      Adapters adapters(run_, static_cast<int64_t>(documents.size()));
      const std::string scope = rank_scope("fresh_lora", rank);
      record_reset(run_, scope, rank);
      adapters.lora.draw(run_.ctx, rng_of(rank));
      adapt_and_score(rank, documents, adapters, scope);
    }
    full_.emplace(run_, ttt_.doc_batch);
    full_->lora.set_a(run_.ctx, a);
  }

  TorchRng& rng_of(int rank) { return rngs_[static_cast<size_t>(rank)]; }

  void adapt_and_score(int rank, const std::vector<Document>& documents, Adapters& adapters, const std::string& scope) {
    const int64_t chunk = ttt_.doc_chunk_tokens, context = ttt_.doc_context_tokens;
    int64_t chunks = 0;
    for (const Document& d : documents) chunks = std::max(chunks, num_chunks(d, chunk));
    for (int64_t c = 0; c < chunks; ++c) {
      std::vector<Window> windows;
      TargetRanges learned;  // chunks that are not their document's last
      std::vector<bool> learns;
      for (const Document& d : documents) {
        windows.push_back(chunk_window(d, c, chunk, context));
        learns.push_back(c + 1 < num_chunks(d, chunk));
        if (learns.back()) learned.push_back({windows.back().score_begin, windows.back().score_end});
      }
      const WindowBatch batch = gather(run_.val, windows, std::min((c + 1) * chunk, context));
      ModelPredictor predictor(run_.ctx, run_.model, &adapters.lora);
      const Scopes reads{kModelScope, scope};
      pass_.announce(batch, reads, rank);
      pass_.probe(batch, predictor);
      const Var nll = forward(batch, predictor, !learned.empty());
      pass_.count(batch, download(run_.ctx, nll.value), rank);
      if (learned.empty()) continue;
      record_update(run_, scope, learned, rank, reads);
      learn(nll, batch.row, learns, adapters);
    }
  }

  Var forward(const WindowBatch& batch, const ModelPredictor& predictor, bool recorded) {
    run_.ctx.reset();
    if (recorded) run_.ctx.start_tape();
    const Tensor targets = upload(run_.ctx, batch.targets, {batch.size(), batch.row});
    return run_.model.token_nll(run_.ctx, predictor.pass(batch), targets);  // [B T]
  }

  // One step on the sum over documents of the mean loss of a chunk, which is the end of each learning row.
  void learn(const Var& nll, int64_t row, const std::vector<bool>& learns, Adapters& adapters) {
    const int64_t chunk = ttt_.doc_chunk_tokens;
    std::vector<float> weights(learns.size() * static_cast<size_t>(row), 0.0F);
    for (size_t b = 0; b < learns.size(); ++b)
      if (learns[b])
        std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>((b + 1) * static_cast<size_t>(row)) - chunk, chunk,
                    1.0F / static_cast<float>(chunk));
    Params& params = adapters.lora.params();
    params.zero_grads(run_.ctx);
    const Tensor w = upload(run_.ctx, weights, {static_cast<int64_t>(weights.size())});
    run_.ctx.backward(weighted_sum(run_.ctx, nll, w));
    adapters.optimizer.step(run_.ctx, ttt_.lora_lr);
    params.refresh(run_.ctx);
  }

  EvalRun& run_;
  const TttConfig& ttt_;
  ScoredPass pass_;
  std::vector<DocumentGroup> groups_;
  std::optional<Adapters> full_;  // for groups of ttt.doc_batch documents: of the rank whose turn it is
  std::vector<TorchRng> rngs_;    // by rank: of the next adapters
  SharedDraw draw_;
};

}  // namespace

ScoreSum ttt_phased_lora(EvalRun& run, const PassInfo& info) {
  const std::span tokens(run.val.inputs(0), static_cast<size_t>(run.val.num_targets() + 1));
  std::vector<Document> documents = find_documents(tokens, run.model.bos_id());
  if (documents.empty())
    fail(ErrorKind::submission,
         "no token of the validation set is BOS ({}), so it has no documents to adapt to; check "
         "data.bos_id, or prepare the data again",
         run.model.bos_id());
  return PhasedTtt(run, info, std::move(documents)).run();
}

}  // namespace pgolf
