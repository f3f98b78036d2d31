// Outputs are never overwritten by accident, and an unused one leaves nothing behind.
#include "harness/files.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace harness::cli {

namespace {

class Files : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = (std::filesystem::temp_directory_path() / "harness_files_XXXXXX").string();
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    [[nodiscard]] std::string path(const char* name) const { return (folder_ / name).string(); }
    static void write(const std::string& path, const char* text) { std::ofstream(path) << text; }

  private:
    std::filesystem::path folder_;
};

TEST_F(Files, a_new_file_holds_what_was_committed) {
    OutputFile file;
    ASSERT_FALSE(file.open(path("new"), false).has_value());
    ASSERT_FALSE(file.commit("text").has_value());
    EXPECT_EQ(read_input(path("new")).value(), "text");
}

TEST_F(Files, an_existing_file_is_refused_and_stays) {
    write(path("old"), "precious");
    OutputFile file;
    const auto refusal = file.open(path("old"), false);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_TRUE(refusal->exists);
    EXPECT_EQ(read_input(path("old")).value(), "precious");
}

TEST_F(Files, force_replaces_the_whole_content_only_at_commit) {
    write(path("old"), "precious and long");
    OutputFile file;
    ASSERT_FALSE(file.open(path("old"), true).has_value());
    EXPECT_EQ(read_input(path("old")).value(), "precious and long");
    ASSERT_FALSE(file.commit("new").has_value());
    EXPECT_EQ(read_input(path("old")).value(), "new");
}

TEST_F(Files, an_output_that_was_never_written_is_removed) {
    {
        OutputFile file;
        ASSERT_FALSE(file.open(path("unused"), false).has_value());
    }
    EXPECT_FALSE(std::filesystem::exists(path("unused")));
}

TEST_F(Files, a_device_needs_no_force) {
    OutputFile file;
    EXPECT_FALSE(file.open("/dev/null", false).has_value());
    EXPECT_FALSE(file.commit("text").has_value());
}

TEST_F(Files, an_unwritable_path_is_refused_with_the_reason) {
    OutputFile file;
    const auto refusal = file.open(path("no/such/folder"), false);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_FALSE(refusal->exists);
    EXPECT_NE(refusal->failure.message.find("No such file"), std::string::npos);
}

TEST_F(Files, a_missing_input_is_told_with_its_name) {
    const auto text = read_input(path("missing"));
    ASSERT_FALSE(text.ok());
    EXPECT_NE(text.failure().message.find("missing"), std::string::npos);
}

TEST_F(Files, a_folder_is_no_input) { EXPECT_FALSE(read_input(path("")).ok()); }

}  // namespace

}  // namespace harness::cli
