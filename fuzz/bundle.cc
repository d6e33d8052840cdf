#include "harness/bundle/bundle.h"

#include "fuzz/refusal.h"
#include "fuzz/targets.h"
#include "harness/bundle/archive.h"
#include "harness/run/workspace.h"

namespace pgolf::fuzz {

// Sealed: a tar archive without its frame, which mutations would not survive.
void bundle(std::string_view bytes) {
  constexpr BundleLimits kLimits{
      .archive_bytes = 1 << 16, .unpacked_bytes = 1 << 20, .file_bytes = 1 << 18, .files = 20};
  parse_or_refuse([&] {
    const std::string framed = bytes.starts_with(kSealed) ? zstd_frame(bytes.substr(1)) : std::string(bytes);
    const BundleContents read = read_bundle(framed, "run.pgolf", kLimits);
    hold(is_run_id(read.run), "a bundle of no run");
    for (const auto& [path, content] : read.files) hold(is_bundle_path(path), "a path that leads elsewhere");
  });
}

}  // namespace pgolf::fuzz
