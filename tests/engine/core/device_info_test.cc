#include "engine/core/device_info.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "build_config.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

ErrorKind kind_of(const std::string& device) {
  try {
    resolve_device(device);
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr(device.substr(0, 4)));
    return e.kind();
  }
  ADD_FAILURE() << device << " was accepted";
  return ErrorKind::verdict;
}

TEST(DeviceInfo, TheCpuIsAlwaysThere) {
  EXPECT_EQ(resolve_device("cpu"), kCpu);
  EXPECT_EQ(device_name(kCpu), "cpu");
  EXPECT_EQ(device_name(Device{3}), "cuda:3");
}

TEST(DeviceInfo, OtherNamesAreRefused) {
  for (const char* name : {"gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda0", "", "CPU"}) {
    SCOPED_TRACE(name);
    EXPECT_EQ(kind_of(name), ErrorKind::usage);
  }
}

TEST(DeviceInfo, AGpuThatIsNotThereIsTheMachinesFault) { EXPECT_EQ(kind_of("cuda:63"), ErrorKind::machine); }

TEST(DeviceInfo, EveryProblemIsSaid) {
  const DeviceInfo info = probe_devices();
  EXPECT_EQ(info.cuda_build, kWithCuda);
  EXPECT_EQ(info.runtime.empty(), !kWithCuda);
  for (const LibraryInfo& library : info.libraries)
    EXPECT_NE(library.version.empty(), library.problem.empty()) << library.name;
  const Device chosen = resolve_device("auto");
  EXPECT_EQ(chosen.is_cpu(), !info.problem.empty());
  if (chosen.is_cpu()) {
    EXPECT_EQ(kind_of("cuda:0"), ErrorKind::machine);
  }
}

}  // namespace
}  // namespace pgolf
