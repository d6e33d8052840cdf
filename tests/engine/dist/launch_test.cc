// Processes that talk, die, fail and hang.
#include "engine/dist/launch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "base/error.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Memory that the test and the processes see.
template <class T>
class Shared {
 public:
  Shared()
      : data_(static_cast<T*>(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0))) {}
  ~Shared() { ::munmap(data_, sizeof(T)); }
  T* operator->() const { return data_; }
  T& operator*() const { return *data_; }

 private:
  T* data_;
};

int on_cpus(int processes, const std::function<void(Comm&)>& body,
            std::chrono::seconds hung_after = std::chrono::seconds(30)) {
  return launch(
      processes, [](int) { return kCpu; }, body, hung_after);
}

struct Told {
  int status = 0;
  std::string text;
};
Told told_by(int processes, const std::function<void(Comm&)>& body,
             std::chrono::seconds hung_after = std::chrono::seconds(30)) {
  testing::internal::CaptureStderr();
  Told out;
  out.status = on_cpus(processes, body, hung_after);
  out.text = testing::internal::GetCapturedStderr();
  return out;
}

TEST(LaunchTest, HostBytesAreGatheredInOrderAndBroadcast) {
  struct Seen {
    std::array<int, 4> sums;
    char gathered[64];
  };
  Shared<Seen> seen;
  EXPECT_EQ(on_cpus(4,
                    [&](Comm& comm) {
                      std::string all;
                      for (const std::string& part : comm.gather(std::string(comm.process() + 1, 'a' + comm.process())))
                        all += part;
                      if (comm.is_first()) std::strcpy(seen->gathered, all.c_str());
                      comm.barrier();
                      seen->sums[comm.process()] = comm.broadcast_value(comm.is_first() ? 17 : 0);
                    }),
            0);
  EXPECT_STREQ(seen->gathered, "abbcccdddd");
  EXPECT_THAT(seen->sums, testing::Each(17));
}

// Every process sends each other one p * 10 + q, in tensors whose size differs, twice: the memory grows.
TEST(LaunchTest, TensorsReachWhomTheyAreSentTo) {
  Shared<std::array<std::array<float, 3>, 3>> seen;
  EXPECT_EQ(on_cpus(3,
                    [&](Comm& comm) {
                      Context ctx(kCpu);
                      for (const int64_t n : {1, 1000}) {
                        ctx.reset();
                        std::vector<Parcel> sends, receives;
                        for (int peer = 0; peer < 3; ++peer) {
                          if (peer == comm.process()) continue;
                          sends.push_back({peer, ctx.alloc({n + peer}, DType::f32)});
                          for (int64_t i = 0; i < n + peer; ++i)
                            sends.back().tensor.as<float>()[i] = static_cast<float>(comm.process() * 10 + peer + i);
                          receives.push_back({peer, ctx.alloc({n + comm.process()}, DType::f32)});
                        }
                        comm.exchange(ctx, sends, receives);
                        for (const Parcel& got : receives) {
                          const int64_t last = got.tensor.numel() - 1;
                          (*seen)[comm.process()][got.peer] = got.tensor.as<float>()[last] - static_cast<float>(last);
                        }
                      }
                    }),
            0);
  for (int p = 0; p < 3; ++p)
    for (int q = 0; q < 3; ++q) EXPECT_EQ((*seen)[p][q], p == q ? 0 : q * 10 + p);
}

TEST(LaunchTest, AKilledProcessEndsTheOthersAndIsNamed) {
  const Told told = told_by(4, [](Comm& comm) {
    if (comm.process() == 2) ::raise(SIGKILL);
    comm.barrier();
    ::sleep(60);
  });
  EXPECT_EQ(told.status, 6);
  EXPECT_EQ(told.text, "pgolf-engine: process 2 of 4 was ended by signal 9 (SIGKILL), so the others were ended\n");
}

TEST(LaunchTest, AnErrorKeepsItsWordsAndItsExitStatus) {
  const Told told = told_by(3, [](Comm& comm) {
    if (comm.process() == 1) fail(ErrorKind::submission, "the loss is nan at step 7");
    comm.barrier();
    ::sleep(60);
  });
  EXPECT_EQ(told.status, 4);
  EXPECT_EQ(told.text,
            "pgolf-engine: the loss is nan at step 7\n"
            "pgolf-engine: process 1 of 3 failed (above), so the others were ended\n");
}

TEST(LaunchTest, AFirstProcessThatDiesIsNamedThoughAllLoseIt) {
  const Told told = told_by(3, [](Comm& comm) {
    if (comm.is_first()) ::raise(SIGSEGV);
    comm.broadcast({});
  });
  EXPECT_EQ(told.status, 6);
  EXPECT_THAT(told.text, HasSubstr("process 0 of 3 was ended by signal 11 (SIGSEGV)"));
}

TEST(LaunchTest, AHungProcessIsNamedWhileTheOthersWait) {
  const auto body = [](Comm& comm) {
    for (int i = 0; i < 5; ++i) comm.barrier();
    if (comm.process() == 1) ::raise(SIGSTOP);
    comm.barrier();
  };
  const Told told = told_by(3, body, std::chrono::seconds(1));
  EXPECT_EQ(told.status, 6);
  EXPECT_THAT(told.text, HasSubstr("process 1 of 3 hung"));
}

TEST(LaunchTest, RanksAreSharedInOrder) {
  Shared<std::array<RankRange, 4>> seen;
  EXPECT_EQ(on_cpus(4, [&](Comm& comm) { (*seen)[comm.process()] = comm.ranks(8); }), 0);
  for (int p = 0; p < 4; ++p) {
    EXPECT_EQ((*seen)[p].begin, 2 * p);
    EXPECT_EQ((*seen)[p].end, 2 * p + 2);
  }
}

TEST(LaunchTest, AnyWorldFitsOneProcess) {
  for (int64_t world = 1; world <= 64; ++world) EXPECT_EQ(possible_processes(world).front(), 1) << world;
  EXPECT_THAT(possible_processes(8), ElementsAre(1, 2, 4, 8));
  EXPECT_THAT(possible_processes(6), ElementsAre(1, 3, 6));
  EXPECT_THAT(possible_processes(7), ElementsAre(1, 7));
}

TEST(LaunchTest, ProcessesMustFitTheRanks) {
  for (const auto& [processes, world] :
       {std::pair{1, 1}, {1, 8}, {2, 8}, {4, 8}, {8, 8}, {3, 6}, {6, 6}, {3, 12}, {1, 3}, {3, 3}, {1, 6}})
    EXPECT_NO_THROW(check_processes(processes, world)) << processes << " of " << world;
  for (const auto& [processes, world] : {std::pair{2, 1}, {3, 8}, {16, 8}, {2, 6}, {5, 12}, {0, 4}})
    EXPECT_THROW(check_processes(processes, world), Error) << processes << " of " << world;
  try {
    check_processes(3, 8);
  } catch (const Error& e) {
    EXPECT_EQ(e.exit_code(), 2);
    EXPECT_STREQ(e.what(), "3 processes cannot share the 8 ranks of this submission; possible are 1, 2, 4, 8");
  }
}

}  // namespace
}  // namespace pgolf
