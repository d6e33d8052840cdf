// The Error that a body throws.
#pragma once

#include <gtest/gtest.h>

#include "base/error.h"

namespace pgolf {

// A failure of the test if `body` throws none.
template <class Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::machine, "nothing was thrown");
}

}  // namespace pgolf
