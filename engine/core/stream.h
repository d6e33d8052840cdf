// The queue of device work of one context, with the library handles that belong to it (stream_cuda.cu).
#pragma once

#include "engine/core/tensor.h"

namespace pgolf {

class Stream;

// Null for the CPU and the meta device. Errors: machine, naming what is missing (driver, device, a driver too old),
// with the remedy.
Stream* create_stream(Device device);
void destroy_stream(Stream* stream);
void synchronize_stream(Stream* stream);

}  // namespace pgolf
