#include "harness/process/interrupts.h"

#include <signal.h>

#include <atomic>

namespace pgolf {
namespace {

std::atomic<int> interrupt_count = 0, first_signal = 0;

void note_signal(int signal) {
  int none = 0;
  first_signal.compare_exchange_strong(none, signal);
  ++interrupt_count;
}

}  // namespace

void Interrupts::install() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGHUP, &action, nullptr);
}

int Interrupts::count() { return interrupt_count; }
int Interrupts::signal() { return first_signal; }
int Interrupts::exit_code() { return 128 + (first_signal ? first_signal.load() : SIGINT); }

}  // namespace pgolf
