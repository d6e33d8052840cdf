// Lines in which a mixer prints its result beside those of its parts.
#include "judge/claims/mixture.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

struct Line {
  const char *text, *name, *bpb, *loss;
};

TEST(Mixture, TheResultIsChosenByItsName) {
  for (const Line& line : {
           Line{"ppm_mix bytes=27048621 mix_bpb=0.903306 ppm_only=2.076814 nn_only=0.974730", "mix_bpb", "0.903306",
                ""},
           Line{"ppm_full_native tokens=40540160 mix_bpb=1.00425333 ppm_only=2.2257 nn_byte_bpb=1.0795 "
                "nn_token_bpb=1.0795",
                "mix_bpb", "1.00425333", ""},
           Line{"final_ngram_blended_exact neural_loss:2.53839192 blended_loss:0.15272572 neural_bpb:1.50337868 "
                "blended_bpb:0.09045277",
                "blended_bpb", "0.09045277", "0.15272572"},
           Line{"integrated_eval: DONE model_bpb=1.1627 ngram_bpb=0.3211 delta=-0.8416 elapsed=568s", "ngram_bpb",
                "0.3211", ""},
           Line{"online_best_agree:done llm_bpb=1.11437756 best_agree_bpb=1.11126660 gain_bpb=0.00311096",
                "best_agree_bpb", "1.11126660", ""},
           Line{"ngram_paired_result control_loss:2.328 control_bpb:1.06381409 ngram_loss:2.32399286 "
                "ngram_bpb:1.06197405 gain_bpb:0.00184004",
                "ngram_bpb", "1.06197405", "2.32399286"},
           Line{"ppm: nn_bpb:1.0801 val_bpb:0.9912", "val_bpb", "0.9912", ""},
           Line{"ppm_mixer val_bpb:0.92982823 eval_time:550024ms order=5 N_bytes=40540160", "val_bpb", "0.92982823",
                ""},
       }) {
    const auto found = mixture_of(line.text);
    ASSERT_TRUE(found) << line.text;
    EXPECT_EQ(found->name, line.name);
    EXPECT_EQ(found->bpb, line.bpb);
    EXPECT_EQ(found->loss, line.loss) << line.text;
  }
}

TEST(Mixture, WhatNoNameTellsIsLeftOpen) {
  for (const char* line : {"ppm mix_bpb_piece=0.913930 mix_bpb_sidecar=0.995719 nn_byte_bpb=1.0864",
                           "ngram nn_bpb=1.0801 model_bpb=1.0802", "mixer: val_bpb:1.08 bpb:0.99"}) {
    const auto found = mixture_of(line);
    ASSERT_TRUE(found) << line;
    EXPECT_EQ(found->bpb, "") << line;
  }
}

TEST(Mixture, OtherLinesAreNone) {
  for (const char* line : {"final_mixed_roundtrip val_loss:2.0055 val_bpb:1.1877 eval_time:1696ms",
                           "integrated_eval: chunk 65/947 model_bpb=1.161240 ngram_bpb=1.158054 delta=-0.003187",
                           "post_train_base val_loss:0.8553 val_bpb:1.2339 sliding_loss:0.8442 sliding_bpb:1.2180",
                           "ppm_sliding val_loss:2.45044876 val_bpb:0.97206308", "ppm_order: 5 nn: 1"})
    EXPECT_FALSE(mixture_of(line)) << line;
}

TEST(Mixture, APassIsOneByItsName) {
  for (const char* name : {"ppm_sliding", "final_ngram", "final_hedge_mixer", "ppm_mix mix_bpb"})
    EXPECT_TRUE(names_mixture(name)) << name;
  for (const char* name : {"final_mixed_quant_zlib_roundtrip", "ttt", "quantized"}) EXPECT_FALSE(names_mixture(name));
}

}  // namespace
}  // namespace pgolf
