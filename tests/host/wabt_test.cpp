// The host and a guest in wabt's interpreter, whose memory moves when it grows.
#include "guest_checks.hpp"

#include <allot/host/memories/wabt.hpp>

#include <wabt/binary-reader.h>
#include <wabt/error.h>
#include <wabt/interp/binary-reader-interp.h>

#include <fstream>
#include <iterator>

namespace allot_test {
namespace {

namespace interp = wabt::interp;

TEST(Wabt, HostAndGuestShareTheGuestsHeap) {
  std::ifstream file(ALLOT_GUEST, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  wabt::Features features;
  features.EnableAll();
  interp::Store store(features);
  interp::ModuleDesc description;
  wabt::Errors errors;
  const wabt::ReadBinaryOptions options(features, nullptr, false, true, true);
  ASSERT_TRUE(wabt::Succeeded(
      interp::ReadBinaryInterp("guest", bytes.data(), bytes.size(), options, &errors, &description)));
  const interp::Module::Ptr module = interp::Module::New(store, description);
  interp::RefPtr<interp::Trap> trap;
  const interp::Instance::Ptr guest = interp::Instance::Instantiate(store, module.ref(), {}, &trap);
  ASSERT_TRUE(guest);
  interp::Memory::Ptr memory;
  std::map<std::string, interp::Func::Ptr> functions;
  for (std::size_t i = 0; i < description.exports.size(); ++i) {
    const auto object = guest->exports()[i];
    const auto& type = description.exports[i].type;
    if (type.type->kind == wabt::ExternalKind::Memory) memory = store.UnsafeGet<interp::Memory>(object);
    if (type.type->kind == wabt::ExternalKind::Func)
      functions[type.name] = store.UnsafeGet<interp::Func>(object);
  }
  ASSERT_TRUE(memory);
  const Call call = [&](const char* name, const std::vector<std::uint64_t>& arguments) -> std::uint64_t {
    const interp::Func::Ptr function = functions.at(name);
    interp::Values values;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (function->type().params[i] == wabt::Type::I64)
        values.push_back(interp::Value::Make(arguments[i]));
      else
        values.push_back(interp::Value::Make(static_cast<std::uint32_t>(arguments[i])));
    }
    interp::Values results;
    interp::Trap::Ptr failed;
    EXPECT_TRUE(wabt::Succeeded(function->Call(store, values, results, &failed))) << name;
    return results.empty() ? 0 : results[0].Get<std::uint32_t>();
  };
  expect_one_heap<allot::WabtMemory>([&] { return allot::wabt_memory(*memory); }, call);
}

}  // namespace
}  // namespace allot_test
