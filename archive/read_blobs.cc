#include "archive/read_blobs.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <thread>

#include "archive/read_file.h"
#include "base/error.h"

namespace pgolf {
namespace {

constexpr int kThreads = 2;

ObjectId id_of(const std::string& hex) { return id_from_hex(hex).value_or(ObjectId{}); }

FileKind kind_of(const std::string& name) {
  for (const FileKind kind : {FileKind::log, FileKind::card, FileKind::script, FileKind::code, FileKind::text})
    if (name == file_kind_name(kind)) return kind;
  return FileKind::other;
}

}  // namespace

std::vector<ArchiveBlob> read_blobs(const std::filesystem::path& repository, const std::vector<BlobKey>& wanted) {
  std::vector<ArchiveBlob> out(wanted.size());
  std::atomic<size_t> next = 0;
  std::array<std::exception_ptr, kThreads> problems;
  const auto work = [&](size_t thread) {
    try {
      const GitRepository here(repository);
      for (size_t i = next++; i < wanted.size(); i = next++) {
        const std::string &oid = wanted[i].first, &kind = wanted[i].second;
        out[i] = {oid, kind, here.blob_size(id_of(oid)), "", {}};
        if (!is_read(kind_of(kind)) || out[i].bytes.value_or(kMostFileBytes + 1) > kMostFileBytes) continue;
        here.read_blob(id_of(oid), [&](std::string_view bytes) { out[i] = read_file(oid, kind_of(kind), bytes); });
      }
    } catch (...) {
      problems[thread] = std::current_exception();
    }
  };
  {
    std::array<std::jthread, kThreads> threads;
    for (size_t i = 0; i < threads.size(); ++i) threads[i] = std::jthread(work, i);
  }
  for (const auto& problem : problems)
    if (problem) std::rethrow_exception(problem);
  return out;
}

}  // namespace pgolf
