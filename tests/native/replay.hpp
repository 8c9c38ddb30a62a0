// Runs a list of operations on a new rig, in this process or in one of its own.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <vector>

#include "checked_heap.hpp"
#include "operation.hpp"
#include "rigs.hpp"

namespace allot_test {

// The text of the disagreement, or nothing when heap and model agree to the end.
template <class Rig>
std::string replay(const Plan& plan, const std::vector<Operation>& operations) {
  Rig rig(plan);
  CheckedHeap<Rig> heap(rig);
  try {
    for (const Operation& operation : operations) heap.apply(operation);
    heap.inspect();
  } catch (const Disagreement& disagreement) {
    return disagreement.what();
  }
  return {};
}

enum class Noise { shown, hidden };

// The same in a child process: a crash, a sanitizer's report or a loop without end is a failure with a
// text like any other, and can be cut down like any other (reduce.hpp).
template <class Rig>
std::string replay_apart(const Plan& plan, const std::vector<Operation>& operations, unsigned seconds = 120,
                         Noise noise = Noise::shown) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return "no pipe to a child process";
  const pid_t child = fork();
  if (child < 0) return "no child process";
  if (child == 0) {
    close(ends[0]);
    const int nowhere = noise == Noise::hidden ? open("/dev/null", O_WRONLY) : -1;
    if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    alarm(seconds);
    const std::string text = replay<Rig>(plan, operations);
    // A pipe takes some thousand bytes at once; no text is longer.
    const bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  std::array<char, 1024> part{};
  for (ssize_t got = 0; (got = read(ends[0], part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGALRM ? "the operations do not come to an end"
                             : "the operations end with signal " + std::to_string(signal);
  }
  if (status != 0) return "the operations end with a sanitizer's report";
  return text;
}

}  // namespace allot_test
