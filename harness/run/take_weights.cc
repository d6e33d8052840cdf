// A run whose weights came from elsewhere: it is on record with its artifact, and evaluation goes on from there.
#include "base/file.h"
#include "base/json.h"
#include "base/message.h"
#include "db/documents/documents.h"
#include "engine/codec/container.h"
#include "harness/run/run.h"
#include "harness/run/run_weights.h"

namespace pgolf {

std::string Runner::take_weights(const Submission& submission, const Pinned& pinned, const DataManifest& data,
                                 const PublishedWeights& weights) {
  create(submission, pinned, data, {{kWeightsFact, as_message(weights.origin)}});
  const Artifact artifact{Json{{"submission", pinned.submission}, {"config_sha256", pinned_sha256(pinned)}}.dump(),
                          weights.tensors};
  recording_failure([&]() -> std::optional<PhaseEnd> {
    store_.move(run_, RunState::preparing);
    const Bytes file = pack_artifact(artifact, pinned.config.codec);
    write_file_atomic(directory_.artifact(), file);
    ArtifactDocument document;
    for (const SizeRow& row : artifact_sizes(file, directory_.artifact().string()).rows)
      document.classes.push_back({row.label, row.stored});
    const ArtifactRow saved = save("artifact", directory_.artifact(), to_text(document));
    store_.transact([&] {
      store_.put_artifact(saved);
      store_.move(run_, RunState::failed, {kWeightsTaken, "its weights were published; they are not scored yet"});
    });
    return PhaseEnd{};
  });
  return run_;
}

}  // namespace pgolf
