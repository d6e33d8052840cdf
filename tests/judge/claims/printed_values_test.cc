#include "judge/claims/printed_values.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/judge/claims/printed.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> seen(std::string_view log) { return shown(printed_values(log)); }

TEST(PrintedValues, PairsInTheSpellingsOfLogs) {
  EXPECT_THAT(
      seen("final_int6_ttt_exact val_loss:1.87505491 val_bpb:1.11051607"),
      ElementsAre("1:val_loss final_int6_ttt_exact '1.87505491'", "1:val_bpb final_int6_ttt_exact '1.11051607'"));
  EXPECT_THAT(seen("ttt:done val_loss=0.267544 val_bpb=0.158454 elapsed=516.5s"),
              ElementsAre("1:val_loss ttt:done '0.267544'", "1:val_bpb ttt:done '0.158454'"));
  EXPECT_THAT(seen("DIAGNOSTIC post_ema val_loss: 2.1, val_bpb: 1.2 eval_time:1988ms"),
              ElementsAre("1:val_loss DIAGNOSTIC post_ema '2.1'", "1:val_bpb DIAGNOSTIC post_ema '1.2'",
                          "1:eval_time DIAGNOSTIC post_ema '1988ms'"));
  EXPECT_THAT(seen("step:500/20000 val_loss:2.3 val_bpb:1.4 train_time:45411ms"),
              ElementsAre("1:val_loss live '2.3'", "1:val_bpb live '1.4'", "1:last_step_time 500 '45411ms'"));
}

TEST(PrintedValues, SizesKeepTheWordsThatTellThemApart) {
  EXPECT_THAT(seen("Serialized model: 90000000 bytes\nCode size (compressed): 31,999 bytes\n"
                   "Serialized model int8+zlib: 15865260 bytes (payload:17 raw_torch:18 payload_ratio:3.9x)\n"
                   "Total submission size int8+zlib: 15897259 bytes\n"),
              ElementsAre("1:model_bytes Serialized model '90000000'", "2:code_bytes Code size (compressed) '31,999'",
                          "3:model_bytes Serialized model int8+zlib '15865260'",
                          "4:total_bytes Total submission size int8+zlib '15897259'"));
}

TEST(PrintedValues, SizesInARow) {
  EXPECT_THAT(seen("gptq_int6_brotli: 14,930,293 bytes | code: 90,756 | total: 15,021,049"),
              testing::UnorderedElementsAre("1:total_bytes total '15,021,049'", "1:code_bytes code '90,756'",
                                            "1:model_bytes gptq_int6_brotli '14,930,293'"));
  EXPECT_THAT(seen("Total mixed submission: 15858571 bytes (FITS 16MB)"),
              ElementsAre("1:total_bytes Total mixed submission '15858571'"));
}

TEST(PrintedValues, AStepOfSoManyIsLive) {
  EXPECT_THAT(seen("4000/20000 val_loss: 2.3 val_bpb: 1.4"),
              ElementsAre("1:val_loss live '2.3'", "1:val_bpb live '1.4'"));
}

TEST(PrintedValues, CalibrationInItsSpellings) {
  EXPECT_THAT(seen("GPTQ:collected 67 Hessians in 6.9s"),
              ElementsAre("1:calibration_time GPTQ:collected 67 Hessians in '6.9s'"));
  EXPECT_THAT(seen("gptq: Hessians done, 4.2m"), ElementsAre("1:calibration_time gptq: Hessians done, '4.2m'"));
  EXPECT_THAT(seen("gptq:collected hessians for 68 layers post_time:42766ms total_train_time:597792ms"),
              testing::Contains(testing::HasSubstr("'42766ms'")));  // not the time of the whole training
  ASSERT_EQ(printed_values("collected 12 Hessians").size(), 1u);    // done, and nobody says how long
  EXPECT_EQ(printed_values("collected 12 Hessians")[0].text, "");
}

TEST(PrintedValues, TargetsSeedsAndMachines) {
  EXPECT_THAT(seen("val_loader:shards pattern=D:\\fineweb_val_*.bin tokens:62021632\r\nValidation tokens: 40,540,160\n"
                   "seed: 1337\nworld_size:8 grad_accum_steps:1\n"
                   "| NVIDIA-SMI 550.90   Driver Version: 550.90.07   CUDA Version: 12.4 |\n"
                   "|   0  NVIDIA H100 80GB HBM3          On  |   00:1 Off |\n"),
              ElementsAre("1:val_loader_tokens tokens '62021632'", "2:val_targets Validation tokens '40,540,160'",
                          "3:seed seed '1337'", "4:world_size world_size '8'", "5:driver  '550.90.07'",
                          "6:gpu 0 'NVIDIA H100 80GB HBM3'"));
}

TEST(PrintedValues, ProgramTextIsNone) {
  EXPECT_THAT(
      seen("log0(f\"final val_loss:{v:.4f} val_bpb:{b:.4f} eval_time:{1000*t:.0f}ms\")\n    seed = int(1337)\n"),
      IsEmpty());
  std::string program;
  for (int i = 0; i < 30; ++i) program += fmt::format("    x{} = f({})\n", i, i);
  EXPECT_THAT(seen(program + "    val_loss: 1.0 val_bpb: 2.0\n" + program), ElementsAre("1:program  '61'"));
}

// #1747: a text in the program tells how to run it with another seed. What a script prints between lines that read like
// code is its own all the same.
TEST(PrintedValues, ResultsBetweenLinesOfCodeCountAndSeedsInTextsDoNot) {
  std::string program;
  for (int i = 0; i < 30; ++i) program += fmt::format("    x{} = f({})\n", i, i);
  EXPECT_THAT(
      seen(program + "Multi-seed: SEED=314 / SEED=42\nfinal val_loss:1.5 val_bpb:1.25\ntimes:{\"a\": 1}\n" + program),
      ElementsAre("1:program  '63'", "32:val_loss final '1.5'", "32:val_bpb final '1.25'"));
}

TEST(PrintedValues, AreBounded) {
  std::string many;
  for (int i = 0; i < 9000; ++i) many += "x val_loss:1.0 val_bpb:2.0\n";
  EXPECT_LE(printed_values(many).size(), 4001u);
  EXPECT_THAT(seen("val_loss:1.0 " + std::string(10'000, 'x') + " val_bpb:2.0"), IsEmpty());
}

TEST(PrintedValues, NumbersAndTimes) {
  EXPECT_EQ(integer_of("40,540,160"), 40540160);
  EXPECT_EQ(integer_of("1.5"), std::nullopt);
  EXPECT_EQ(integer_of("9999999999999999"), std::nullopt);
  for (const auto& [text, ms, open_ms] : {std::tuple{"599672ms", 599672, 0},
                                          {"6.9s", 6900, 50},
                                          {"7s", 7000, 500},
                                          {"4.2m", 252000, 3000},
                                          {"540.1 seconds", 540100, 50}}) {
    const auto time = time_of(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->ms, ms) << text;
    EXPECT_EQ(time->open_ms, open_ms) << text;
  }
  EXPECT_FALSE(time_of("17"));
}

}  // namespace
}  // namespace pgolf
