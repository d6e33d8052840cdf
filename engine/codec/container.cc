#include "engine/codec/container.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <functional>
#include <numeric>
#include <thread>

#include "base/error.h"
#include "base/sha256.h"
#include "engine/codec/header.h"
#include "engine/codec/strict_json.h"

namespace pgolf {
namespace {

// The fixed prefix; all versions keep the magic, the version and the trailing checksum.
constexpr char kMagic[] = {'P', 'G', 'L', 'F'};
constexpr uint16_t kVersion = 1;
constexpr size_t kVersionAt = 4, kHeaderStoredAt = 6, kHeaderRawAt = 10, kPrefix = 14;
constexpr size_t kChecksum = 32;
constexpr uint32_t kMaxHeaderBytes = 4u << 20;
constexpr int kHeaderQuality = 11, kHeaderWindow = 22;

template <class T>
void put(Bytes& out, T value) {
  const auto* bytes = reinterpret_cast<const std::byte*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

template <class T>
T get(ByteView file, size_t at) {
  T value;
  std::memcpy(&value, file.data() + at, sizeof value);
  return value;
}

Bytes checksum(ByteView data) {
  Sha256 sha;
  sha.update(data);
  const std::string hex = sha.hex();
  Bytes out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return out;
}

// Runs work(0..n-1) on as many threads as there are; sections differ much in cost, so each takes the next free one.
void for_each_section(size_t n, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::vector<std::exception_ptr> errors(n);
  const auto loop = [&] {
    for (size_t i = next++; i < n; i = next++) {
      try {
        work(i);
      } catch (...) {
        errors[i] = std::current_exception();
      }
    }
  };
  const size_t threads = std::min<size_t>(n, std::max(1u, std::thread::hardware_concurrency()));
  std::vector<std::thread> helpers;
  for (size_t t = 1; t < threads; ++t) helpers.emplace_back(loop);
  loop();
  for (std::thread& helper : helpers) helper.join();
  for (const auto& error : errors)
    if (error) std::rethrow_exception(error);
}

void check_parts(const Artifact& artifact) {
  for (const auto& tensor : artifact.tensors)
    for (const auto& part : tensor.parts)
      check(part.bytes.size() == static_cast<size_t>(part.numel()) * element_size(part.type),
            "artifact: {}.{} has {} bytes, its shape needs {} x {}", tensor.name, part.key, part.bytes.size(),
            part.numel(), element_size(part.type));
}

struct Opened {
  Header header;
  size_t sections_at;  // offset of the first section
};

Opened open_header(ByteView file, std::string_view origin) {
  if (file.size() < sizeof kMagic || std::memcmp(file.data(), kMagic, sizeof kMagic) != 0)
    fail(ErrorKind::submission, "{}: not a pgolf artifact", origin);
  if (file.size() < kPrefix + kChecksum)
    fail(ErrorKind::submission, "{}: artifact is cut short at {} bytes; pack it again", origin, file.size());
  const ByteView body = file.first(file.size() - kChecksum);
  const Bytes expected = checksum(body);
  if (!std::equal(expected.begin(), expected.end(), file.end() - kChecksum))
    fail(ErrorKind::submission, "{}: artifact is damaged or cut short (checksum differs); pack it again", origin);
  const auto version = get<uint16_t>(file, kVersionAt);
  if (version > kVersion)
    fail(ErrorKind::submission, "{}: artifact has format version {}, this pgolf reads up to {}; use a newer pgolf",
         origin, version, kVersion);
  const auto stored = get<uint32_t>(file, kHeaderStoredAt), raw = get<uint32_t>(file, kHeaderRawAt);
  if (version == 0 || raw > kMaxHeaderBytes || stored > body.size() - kPrefix)
    fail(ErrorKind::submission, "{}: artifact header has impossible sizes", origin);
  const Bytes text = brotli_decompress(file.subspan(kPrefix, stored), raw, origin);
  Opened opened{read_header({reinterpret_cast<const char*>(text.data()), text.size()}, origin), kPrefix + stored};
  uint64_t end = opened.sections_at;
  for (const Section& section : opened.header.sections) end += section.stored;
  if (end != body.size())
    fail(ErrorKind::submission, "{}: artifact's sections end at byte {}, its checksum begins at {}", origin, end,
         body.size());
  return opened;
}

}  // namespace

int64_t SizeReport::total() const {
  return std::accumulate(rows.begin(), rows.end(), int64_t{0},
                         [](int64_t sum, const SizeRow& row) { return sum + row.stored; });
}

Bytes pack_artifact(const Artifact& artifact, const CodecConfig& options) {
  check_parts(artifact);
  std::vector<Section> sections = plan_sections(artifact, options);
  std::vector<Bytes> packed(sections.size()), orders(sections.size());
  for_each_section(sections.size(),
                   [&](size_t i) { packed[i] = pack_section(sections[i], artifact, options, orders[i]); });
  Bytes all_orders;
  for (const Bytes& some : orders) all_orders.insert(all_orders.end(), some.begin(), some.end());
  if (!all_orders.empty()) {
    packed.push_back(
        brotli_compress(all_orders, static_cast<int>(options.level), static_cast<int>(options.brotli_window)));
    sections.push_back(
        {std::string(kRowOrders), Packing::brotli, Arrangement::plain, 0, {}, all_orders.size(), packed.back().size()});
  }
  const std::string text = write_header(artifact, sections);
  const Bytes header = brotli_compress(std::as_bytes(std::span(text)), kHeaderQuality, kHeaderWindow);
  check(text.size() <= kMaxHeaderBytes, "artifact: header of {} bytes is beyond the reader's limit", text.size());
  Bytes file;
  for (const char c : kMagic) put(file, c);
  put(file, kVersion);
  put(file, static_cast<uint32_t>(header.size()));
  put(file, static_cast<uint32_t>(text.size()));
  file.insert(file.end(), header.begin(), header.end());
  for (const Bytes& section : packed) file.insert(file.end(), section.begin(), section.end());
  const Bytes sum = checksum(file);
  file.insert(file.end(), sum.begin(), sum.end());
  return file;
}

Artifact unpack_artifact(ByteView file, std::string_view origin) {
  Opened opened = open_header(file, origin);
  Artifact& artifact = opened.header.artifact;
  const std::vector<Section>& sections = opened.header.sections;
  struct Slice {
    ByteView stored, orders;
  };
  std::vector<Slice> slices;
  Bytes all_orders;
  for (size_t at = opened.sections_at; const Section& section : sections) {
    slices.push_back({file.subspan(at, section.stored), {}});
    at += section.stored;
    if (section.parts.empty()) all_orders = brotli_decompress(slices.back().stored, section.raw, origin);
  }
  ByteView rest = all_orders;
  for (size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].arrangement != Arrangement::sorted) continue;
    uint64_t rows = 0;
    for (const PartIndex p : sections[i].parts)
      rows += static_cast<uint64_t>(artifact.tensors[p.tensor].parts[p.part].shape[0]);
    slices[i].orders = rest.first(std::min<size_t>(rows * sizeof(uint16_t), rest.size()));
    rest = rest.subspan(slices[i].orders.size());
  }
  for_each_section(sections.size(), [&](size_t i) {
    if (sections[i].parts.empty()) return;  // the row orders, read above
    unpack_section(sections[i], slices[i].stored, artifact, slices[i].orders,
                   std::string(origin) + ": section " + shown_name(sections[i].label));
  });
  return std::move(artifact);
}

SizeReport artifact_sizes(ByteView file, std::string_view origin) {
  const Opened opened = open_header(file, origin);
  SizeReport report;
  int64_t header = static_cast<int64_t>(file.size());
  for (const Section& section : opened.header.sections) {
    report.rows.push_back({section.label, static_cast<int64_t>(section.raw), static_cast<int64_t>(section.stored)});
    header -= static_cast<int64_t>(section.stored);
  }
  report.rows.push_back({"container", header, header});
  return report;
}

}  // namespace pgolf
