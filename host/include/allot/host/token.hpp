// Purpose: tokens: what lives as long as a host object does, and no longer.
// Floor:   door host.
//
// A host class has a Token as a member. What hangs on it by a WeakToken (blocks, handlers of events) goes
// when the object does. The other side keeps nothing alive: a token may outlive the heap, and a heap its
// tokens.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace allot {

class WeakToken;

/// Ends what hangs on it when it is destroyed. A copy of the object that has it is another object: it begins
/// with nothing; moving takes everything along.
class Token {
  struct Life {
    std::vector<std::function<void()>> ends;
    bool ended = false;
  };

 public:
  Token() : life_(std::make_shared<Life>()) {}
  Token(const Token&) : Token() {}
  Token(Token&& other) noexcept : life_(std::move(other.life_)) {}
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): nothing is taken over, from whomever
  Token& operator=(const Token&) { return *this; }
  Token& operator=(Token&& other) noexcept {
    if (this != &other) {
      end();
      life_ = std::move(other.life_);
    }
    return *this;
  }
  ~Token() { end(); }

 private:
  friend class WeakToken;

  void end() {
    if (!life_) return;
    life_->ended = true;
    // What is ended last was tied first, as members are.
    auto ends = std::move(life_->ends);
    while (!ends.empty()) {
      ends.back()();
      ends.pop_back();
    }
    life_.reset();
  }

  std::shared_ptr<Life> life_;
};

/// Knows whether a Token is still there, without keeping it.
class WeakToken {
 public:
  WeakToken() = default;
  WeakToken(const Token& token) : life_(token.life_) {}  // NOLINT(google-explicit-constructor)

  /// Whether the object is gone, or there never was one.
  [[nodiscard]] bool expired() const {
    const auto life = life_.lock();
    return !life || life->ended;
  }
  /// Has `last` called when the token ends; at once when it has ended already.
  void at_end(std::function<void()> last) const {
    const auto life = life_.lock();
    if (!life || life->ended)
      last();
    else
      life->ends.push_back(std::move(last));
  }

 private:
  std::weak_ptr<Token::Life> life_;
};

}  // namespace allot
