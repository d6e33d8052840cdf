// What is said to Slurm and what it answers; the lines are those that Slurm 22.05.8 printed.
#include "harness/cluster/slurm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "harness/cluster/bounded.h"
#include "harness/cluster/node_task.h"
#include "harness/run/local_disk.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(SlurmTextTest, IndicesAreRanges) {
  EXPECT_EQ(index_text({0, 1, 2, 3, 7, 9, 10}), "0-3,7,9-10");
  EXPECT_EQ(index_text({5}), "5");
  EXPECT_EQ(index_text({}), "");
}

// The cap is of the index: 1001 allows 0 to 1000.
TEST(SlurmTextTest, ArraysAreCutAtTheCap) {
  const auto chunks = array_chunks({0, 3, 4, 7, 8}, 4);
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[1].offset, 4u);
  EXPECT_THAT(chunks[1].indices, ElementsAre(0, 3));
  EXPECT_THAT(chunks[2].indices, ElementsAre(0));
  EXPECT_EQ(max_array_size_from("MailProg = x\nMaxArraySize            = 11\nMaxDBDMsgs = 20012\n"), 11u);
  EXPECT_EQ(max_array_size_from("nothing"), 1001u);
}

TEST(SlurmTextTest, SbatchIsAskedForWhatWasAskedFor) {
  SlurmOptions options;
  options.partition = "gpu", options.minutes = 60, options.gpus = 8, options.exclusive = true, options.at_most = 4;
  options.more = {"--constraint=h100"};
  const auto argv = sbatch_argv(options, "pgolf-ab", {1000, {0, 1, 2}}, 2, "/d");
  for (const char* word : {"--job-name=pgolf-ab", "--array=0-2%2", "--partition=gpu", "--time=60", "--gpus-per-node=8",
                           "--exclusive", "--requeue", "--export=NIL", "--constraint=h100", "--signal=B:TERM@60"})
    EXPECT_THAT(argv, Contains(word)) << word;
  EXPECT_EQ(argv.back(), "1000");
  EXPECT_EQ(argv[argv.size() - 2], "/d/job.sh");
  for (const std::string& word : sbatch_argv({}, "x", {0, {0}}, 1, "/d")) {
    EXPECT_THAT(word, Not(HasSubstr("--gpus"))) << word;
    EXPECT_THAT(word, Not(HasSubstr("--time"))) << word;
  }
  EXPECT_THAT(job_script("/opt/it's", "/a b", "00ff"), HasSubstr("exec '/opt/it'\\''s' sweep task '/a b' $(("));
}

TEST(SlurmTextTest, JobNumbers) {
  EXPECT_EQ(job_id_from("123\n"), 123);
  EXPECT_EQ(job_id_from("123;cluster\n"), 123);
  EXPECT_FALSE(job_id_from("sbatch: error\n"));
  EXPECT_FALSE(job_id_from(""));
}

std::string line(const std::string& id, const std::string& state, const std::string& code, const std::string& restarts,
                 const std::string& node, const std::string& reason) {
  return fmt::format("{:<30}{:<20}{:<12}{:<8}{:<40}{:<60}\n", id, state, code, restarts, node, reason);
}

TEST(SlurmTextTest, SqueuesLinesAreTasks) {
  const auto tasks = parse_squeue(line("4_3", "FAILED", "1:0", "1", "n0", "NonZeroExitCode") +
                                  line("4_[5-9]", "PENDING", "0:0", "0", "", "Priority") + "garbage\n\n" +
                                  line("12", "RUNNING", "0:0", "0", "n1", "None"));
  ASSERT_EQ(tasks.size(), 1u);
  EXPECT_EQ(tasks[0].job, 4);
  EXPECT_EQ(tasks[0].index, 3u);
  EXPECT_EQ(tasks[0].exit_code, "1:0");
  EXPECT_EQ(tasks[0].restarts, 1);
  EXPECT_EQ(tasks[0].node, "n0");
}

TEST(SlurmTextTest, StatesInPlainWords) {
  const auto task = [](const char* state, const char* reason, const char* code = "0:0") {
    return QueuedTask{1, 0, state, code, "n7", reason, 0};
  };
  EXPECT_EQ(queue_state(task("PENDING", "Resources")), QueueState::waiting);
  EXPECT_EQ(explained(task("PENDING", "Resources")), "waits for free nodes");
  EXPECT_EQ(queue_state(task("COMPLETING", "None")), QueueState::running);
  // A node that failed, or a job that was preempted, is no end: it is put back into the queue.
  EXPECT_EQ(queue_state(task("NODE_FAIL", "NodeDown")), QueueState::waiting);
  EXPECT_EQ(queue_state(task("PREEMPTED", "None")), QueueState::waiting);
  EXPECT_EQ(queue_state(task("COMPLETED", "None")), QueueState::ended);
  EXPECT_EQ(queue_state(task("PENDING", "launch failed requeued held")), QueueState::held);
  EXPECT_THAT(explained(task("FAILED", "JobLaunchFailure", "0:53")), HasSubstr("n7 cannot write its output"));
  EXPECT_THAT(explained(task("TIMEOUT", "TimeLimit", "0:9")), HasSubstr("time limit"));
  EXPECT_TRUE(is_busy("sbatch: error: Batch job submission failed: Unable to contact slurm controller"));
  EXPECT_FALSE(is_busy("sbatch: error: invalid partition specified: nosuch"));
}

TEST(BoundedTest, AProgramThatHangsIsEnded) {
  EXPECT_EQ(run_bounded({"sh", "-c", "echo out; echo err >&2; exit 3"}, 30).exit_code, 3);
  EXPECT_EQ(run_bounded({"sh", "-c", "echo out; echo err >&2"}, 30).err, "err\n");
  EXPECT_EQ(run_bounded({"pgolf-no-such-program"}, 30).exit_code, 127);
  EXPECT_TRUE(run_bounded({"sh", "-c", "sleep 600 & wait"}, 0.3).timed_out);
}

TEST(PublishTest, TheFirstIsTheOne) {
  const TempDirectory directory;
  const auto a = directory.file("a", "first"), b = directory.file("b", "second"), target = directory.path() / "done";
  EXPECT_TRUE(publish(a, target));
  EXPECT_FALSE(publish(b, target));
  EXPECT_EQ(read_text(target), "first");
  EXPECT_EQ(error_of([&] { publish(a, directory.path() / "no/where"); }).kind(), ErrorKind::machine);
}

TEST(LocalDiskTest, ARecordLiesOnALocalDisk) {
  for (const auto& [magic, name] : {std::pair(0x6969L, "NFS"), {0x0BD00BD0L, "Lustre"}, {0xFF534D42L, "CIFS"}})
    EXPECT_EQ(network_file_system(magic), name);
  EXPECT_EQ(network_file_system(0xEF53), "");  // ext4
  const TempDirectory directory;
  check_home(directory.path() / "not/there/yet");
  EXPECT_EQ(error_of([] { check_home(""); }).kind(), ErrorKind::usage);
  EXPECT_THAT(error_of([] { check_home("/etc/passwd"); }).what(), HasSubstr("/etc/passwd: is no directory"));
}

}  // namespace
}  // namespace pgolf
