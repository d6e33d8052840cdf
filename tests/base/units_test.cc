#include "base/units.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pgolf {
namespace {

TEST(Units, ThousandsAreGrouped) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(16'182'081), "16,182,081");
  EXPECT_EQ(with_commas(-182'081), "-182,081");
  EXPECT_EQ(with_commas(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(Units, DurationsAreReadInTheirSize) {
  EXPECT_EQ(duration_text(430), "0.43 s");
  EXPECT_EQ(duration_text(41'230), "41.2 s");
  EXPECT_EQ(duration_text(99'960), "1 min 40 s");
  EXPECT_EQ(duration_text(600'000), "10 min");
  EXPECT_EQ(duration_text(6'400'210), "1 h 46 min");
  EXPECT_EQ(duration_text(NAN), "-");
}

TEST(Units, ValuesCarryTheirUnit) {
  EXPECT_EQ(display_value(16'000'000, "bytes"), "16,000,000 bytes");
  EXPECT_EQ(display_value(600'062, "ms"), "600.062 s");
  EXPECT_EQ(display_value(277.0, ""), "277");
  EXPECT_EQ(display_value("1 ± 0.001", "x"), "1 ± 0.001");
  EXPECT_EQ(display_value(nullptr, "ms"), "-");
  EXPECT_EQ(display_value(std::string(64, 'a'), ""), "aaaaaaaaaaaa…");
}

}  // namespace
}  // namespace pgolf
