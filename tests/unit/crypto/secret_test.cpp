#include "labstore/crypto.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <new>
#include <ostream>
#include <type_traits>

namespace labstore::crypto {
namespace {

template <typename T>
concept comparable = requires(const T& value) {
    value == value;
};

template <typename T>
concept printable = requires(std::ostream& out, const T& value) {
    out << value;
};

static_assert(!comparable<secret>);
static_assert(!printable<secret>);
static_assert(!std::is_convertible_v<secret, std::string>);
static_assert(!std::is_convertible_v<secret, std::string_view>);
static_assert(!std::is_convertible_v<std::string, secret>);
static_assert(std::is_nothrow_move_constructible_v<secret> && std::is_nothrow_move_assignable_v<secret>);

/// Short enough to lie inside the string object itself, where a test may look at what is left.
constexpr std::string_view text = "hunter2hunter2";

/// What the secret's own storage holds after `use` is done with it and it has been destroyed.
template <typename Use>
bool storage_still_holds_text(Use use) {
    alignas(secret) std::array<unsigned char, sizeof(secret)> storage{};
    auto* held = new (storage.data()) secret(std::string{text});
    use(*held);
    std::destroy_at(held);
    return std::string_view(reinterpret_cast<const char*>(storage.data()), storage.size()).find("hunter") !=
           std::string_view::npos;
}

TEST(Secret, IsWipedWhenItGoes) {
    EXPECT_FALSE(storage_still_holds_text([](secret& held) { EXPECT_EQ(held.reveal(), text); }));
    EXPECT_FALSE(storage_still_holds_text([](secret& held) {
        const secret taken = std::move(held);
        EXPECT_EQ(taken.reveal(), text);
    }));
    EXPECT_FALSE(storage_still_holds_text([](secret& held) { held = secret("x"); }));
}

TEST(Secret, CopiesAndAssigns) {
    const secret original{std::string(text)};
    secret copy = original;
    EXPECT_EQ(copy.reveal(), text);
    secret assigned("an older and rather longer text than the short buffer holds");
    assigned = original;
    EXPECT_EQ(assigned.reveal(), text);
    const secret& alias = assigned;
    assigned = alias;
    EXPECT_EQ(assigned.reveal(), text);
    secret moved;
    EXPECT_TRUE(moved.empty());
    moved = std::move(copy);
    EXPECT_EQ(moved.reveal(), text);
}

}  // namespace
}  // namespace labstore::crypto
