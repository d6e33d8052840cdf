// Tags, notes and whether a run is hidden: what people say of runs, beside the record and under no seal.
#include "base/json.h"
#include "db/connection.h"

namespace pgolf {

RunLabels read_labels(const SQLite::Column& tags, const SQLite::Column& note, const SQLite::Column& hidden) {
  RunLabels out;
  if (tags.isNull()) return out;
  const Json words = Json::parse(tags.getString(), nullptr, false);
  if (words.is_array())
    for (const Json& word : words)
      if (word.is_string()) out.tags.push_back(word.get<std::string>());
  out.note = note.getString(), out.hidden = hidden.getInt() != 0;
  return out;
}

RunLabels Store::labels(const std::string& run) const {
  return guarded(state_->path, [&] {
    auto row = statement_of(state_->db, "SELECT tags, note, hidden FROM labels WHERE run = ?", run);
    return row.executeStep() ? read_labels(row.getColumn(0), row.getColumn(1), row.getColumn(2)) : RunLabels();
  });
}

void Store::put_labels(const std::string& run, const RunLabels& labels) {
  transact([&] {
    statement_of(
        state_->db,
        "INSERT INTO labels (run, tags, note, hidden) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (run) DO UPDATE SET tags = excluded.tags, note = excluded.note, hidden = excluded.hidden",
        run, Json(labels.tags).dump(-1, ' ', false, Json::error_handler_t::replace), labels.note,
        static_cast<int>(labels.hidden))
        .exec();
  });
}

}  // namespace pgolf
