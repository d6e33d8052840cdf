#include "harness/run/record_rows.h"

#include "base/json.h"
#include "db/documents/documents.h"
#include "resolve/published_log.h"

namespace pgolf {
SubmissionRow submission_row(const Submission& s) {
  SubmissionDocument document{.hardware = s.hardware,
                              .date = s.date,
                              .upstream = s.upstream,
                              .upstream_data = to_json(s.upstream_data),
                              .code = s.code,
                              .headline = s.headline,
                              .claims = s.claims,
                              .differences = s.differences,
                              .published = {}};
  for (const auto& [group, names] : s.techniques) document.techniques[group] = names;
  for (const PublishedTraining& t : load_published(s))
    document.published.push_back({t.log, t.seed, t.stop_step, t.curve()});
  return {s.id, s.title, s.author, s.track, s.upstream.commit, s.pr, s.code.bytes, to_text(document)};
}

PinnedRow pinned_row(const Pinned& pinned) {
  const Json document = pinned_to_json(pinned);
  return {document.at("sha256").get<std::string>(),
          pinned.submission,
          pinned.profile,
          pinned.as_run(),
          pinned.seed,
          pinned.num_params,
          document.dump()};
}

}  // namespace pgolf
