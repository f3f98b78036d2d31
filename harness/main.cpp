// The program `harness`. Everything it can do is a command; see commands.hpp.
#include <string>
#include <vector>

#include "harness/commands.hpp"
#include "harness/console.hpp"

int main(int argc, char** argv) {
    harness::cli::occupy_standard_streams();
    return harness::cli::dispatch(std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
}
