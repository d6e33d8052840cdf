#include "harness/doctor/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "build_config.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class DoctorTest : public HarnessFixture {
 protected:
  // An engine whose `devices` prints `json`.
  std::string engine(const std::string& json) const {
    const auto file =
        directory_.file("engine", "#!/bin/sh\n[ \"$1\" = devices ] && cat <<'END'\n" + json + "\nEND\ntrue\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    return file.string();
  }
  std::vector<Checkup> examined(const std::string& engine) const {
    DoctorRequest request;
    request.home = workspace().home;
    request.submissions = source_dir() / "submissions";
    request.rules = source_dir() / "rules";
    request.engine = engine;
    return examine(request);
  }
  static Checkup of(const std::vector<Checkup>& all, const std::string& name) {
    for (const Checkup& c : all)
      if (c.name == name) return c;
    ADD_FAILURE() << "nothing is said of " << name;
    return {};
  }
};

const std::string kCpu =
    R"({"format":"pgolf.devices/1","cuda_build":false,"problem":"p","cuda_runtime":"",
        "driver":"","driver_cuda":"","gpus":[],"libraries":[]})";
const std::string kGpus = R"({"format":"pgolf.devices/1","cuda_build":true,"problem":"","cuda_runtime":"13.0",
  "driver":"580.1","driver_cuda":"13.0","gpus":[
   {"device":"cuda:0","name":"NVIDIA H200","compute_capability":"9.0","multiprocessors":132,"total_bytes":150000000000,
    "free_bytes":149000000000,"problem":""},
   {"device":"cuda:1","name":"Old","compute_capability":"7.0","multiprocessors":80,"total_bytes":16000000000,
    "free_bytes":16000000000,"problem":"compute capability 7.0; 8.0 is needed"}],
  "links":[{"devices":["cuda:0","cuda:1"],"direct":false},{"devices":["cuda:0","cuda:2"],"direct":true}],
  "libraries":[{"name":"cuBLASLt","version":"13.1.0","required":true,"problem":""},
                {"name":"NCCL","version":"2.28.9","required":false,"problem":""}]})";

TEST_F(DoctorTest, ACpuMachineIsReady) {
  const auto all = examined(engine(kCpu));
  EXPECT_TRUE(is_ready(all)) << checkups_to_text(all);
  EXPECT_EQ(of(all, "CUDA").health, Health::absent);
  EXPECT_THAT(of(all, "CUDA").remedy, HasSubstr("CUDACXX"));
  EXPECT_EQ(of(all, "submissions").health, Health::ok);
  EXPECT_EQ(of(all, "rulesets").health, Health::ok);
  EXPECT_THAT(of(all, "record").found, HasSubstr("none yet"));
  for (const char* name : {"cores", "memory", "disk", "lrzip", "perldoc", "demo text", "driver", "GPU", "cuDNN", "NCCL",
                           "engine", "sandbox", "home"})
    EXPECT_NE(of(all, name).found, "") << name;
  const Json j = checkups_to_json(all);
  EXPECT_EQ(j.at("format"), "pgolf.doctor/1");
  EXPECT_EQ(j.at("ready"), true);
  EXPECT_EQ(j.at("checks").size(), all.size());
}

TEST_F(DoctorTest, TellsEachGpuAndWhyOneIsOfNoUse) {
  const auto all = examined(engine(kGpus));
  EXPECT_EQ(of(all, "cuda:0").health, Health::ok);
  EXPECT_THAT(of(all, "cuda:0").found, HasSubstr("NVIDIA H200, compute 9.0, 149.0 GB free of 150.0 GB"));
  EXPECT_EQ(of(all, "cuda:1").health, Health::absent);
  EXPECT_THAT(of(all, "cuda:1").remedy, HasSubstr("8.0 is needed"));
  EXPECT_EQ(of(all, "links").found, "through the host's memory: cuda:0 - cuda:1");
  EXPECT_EQ(of(all, "cuBLASLt").found, "13.1.0");
  EXPECT_EQ(of(all, "NCCL").found, "2.28.9");  // told once, by the engine that uses it
  EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const Checkup& c) { return c.name == "NCCL"; }), 1);
  EXPECT_THAT(of(all, "driver").found, HasSubstr("580.1, CUDA up to 13.0"));
}

TEST_F(DoctorTest, WhatARunCannotDoWithoutIsCodeSix) {
  const auto pgolf = [&](const std::string& engine) {
    return run_command({pgolf_program().string(), "doctor", "--engine", engine},
                       {"PGOLF_HOME=" + workspace().home.string()});
  };
  EXPECT_EQ(pgolf(engine(kCpu)).exit_code, 0);
  const CommandResult missing = pgolf("/nowhere/pgolf-engine");
  EXPECT_EQ(missing.exit_code, 6);
  EXPECT_THAT(missing.out, HasSubstr("[FAIL] engine"));
  EXPECT_THAT(missing.out, HasSubstr("build it"));
  EXPECT_EQ(pgolf(engine("no json")).exit_code, 6);
  directory_.file("home/runs.db", std::string(200, 'x'));
  const CommandResult damaged = pgolf(engine(kCpu));
  EXPECT_EQ(damaged.exit_code, 6);
  EXPECT_THAT(damaged.out, HasSubstr("[FAIL] record"));
}

TEST_F(DoctorTest, ADriverThatIsTooOldIsSaidInOneLine) {
  if (!kWithCuda) GTEST_SKIP() << "this build has no CUDA backend";
  const std::vector<std::string> old = {"LD_LIBRARY_PATH=" PGOLF_BINARY_DIR "/old_driver",
                                        "PGOLF_HOME=" + workspace().home.string()};
  const std::string words = "supports CUDA 11.4, but this build needs 1";
  const CommandResult doctor = run_command({pgolf_program().string(), "doctor"}, old);
  EXPECT_EQ(doctor.exit_code, 0) << doctor.out;  // runs do without a GPU
  EXPECT_THAT(doctor.out, HasSubstr(words));
  const CommandResult bench = run_command({pgolf_program().string(), "bench", "--device", "cuda:0"}, old);
  EXPECT_EQ(bench.exit_code, 6);
  EXPECT_THAT(bench.err, HasSubstr(words));
  EXPECT_THAT(bench.err, HasSubstr("install a newer driver"));
}

TEST_F(DoctorTest, BenchMeasuresTheDemoOnTheCpuAndTheRecordOnAGpu) {
  // An engine that prints its arguments and the profile it was given.
  const auto pgolf = [&](const std::string& devices, std::vector<std::string> more) {
    const auto file = directory_.file("bench", "#!/bin/sh\nif [ \"$1\" = devices ]; then cat <<'END'\n" + devices +
                                                   "\nEND\nexit; fi\n"
                                                   "grep -o '\"profile\": \"[a-z]*\"' \"$3\"; echo \"$@\"\n");
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    std::vector<std::string> argv = {pgolf_program().string(), "bench", "--engine", file.string()};
    argv.insert(argv.end(), more.begin(), more.end());
    return run_command(argv, {});
  };
  const CommandResult cpu = pgolf(kCpu, {});
  EXPECT_EQ(cpu.exit_code, 0) << cpu.err;
  EXPECT_THAT(cpu.out, HasSubstr("\"profile\": \"demo\""));
  EXPECT_THAT(cpu.out, HasSubstr("--device cpu"));
  EXPECT_THAT(cpu.err, HasSubstr("bench: pr-334 profile demo on cpu"));
  const CommandResult gpu = pgolf(kGpus, {"--submission", "849", "--no-ops"});
  EXPECT_THAT(gpu.out, HasSubstr("\"profile\": \"record\""));
  EXPECT_THAT(gpu.out, HasSubstr("--device cuda:0 --no-ops"));
  EXPECT_THAT(pgolf(kGpus, {"--profile", "demo", "--no-ops"}).out, HasSubstr("\"profile\": \"demo\""));
}

}  // namespace
}  // namespace pgolf
