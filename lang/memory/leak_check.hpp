// The leak check of the address sanitizer. The objects of a program are left out: those it leaves behind are
// for the harness to tell, or wanted (`leak`), and must not hide what the VM itself forgets.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define HARNESS_LEAK_CHECK
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HARNESS_LEAK_CHECK
#endif
#endif

#ifdef HARNESS_LEAK_CHECK
#include <sanitizer/lsan_interface.h>
#endif

namespace harness::lang {

#ifdef HARNESS_LEAK_CHECK
inline constexpr bool finds_leaks = true;
#else
inline constexpr bool finds_leaks = false;
#endif

/// `block` belongs to the program: that nothing refers to it in the end is no defect of the VM.
inline void leave_to_program([[maybe_unused]] const void* block) {
#ifdef HARNESS_LEAK_CHECK
    __lsan_ignore_object(block);
#endif
}

/// Tells what this process has forgotten so far on its standard error; false without a sanitizer.
inline bool found_leaks() {
#ifdef HARNESS_LEAK_CHECK
    return __lsan_do_recoverable_leak_check() != 0;
#else
    return false;
#endif
}

}  // namespace harness::lang
