// Leaks on purpose, see tests/CMakeLists.txt and infra/setup/leaks.py.
#include <cstdio>
#include <memory>

int main() {
    auto lost = std::make_unique<int>(7);
    std::printf("%d\n", *lost);
    static_cast<void>(lost.release());
    return 0;
}
