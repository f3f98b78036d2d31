// Floats as decimal text, in every form that Python prints. The digits come from std::to_chars, which rounds
// exactly and does not depend on the locale; where they stand relative to the point is decided here.
#pragma once

#include <string>

namespace harness::lang {

/// How a float is laid out: `repr` is the shortest text that reads back as the same float.
enum class FloatStyle : char { repr, fixed, exponent, general };

struct FloatForm {
    FloatStyle style = FloatStyle::repr;
    int precision = 0;  ///< digits behind the point (fixed, exponent) or in all (general); repr has none
    bool keep_point = false;       ///< '#': the point stays, and general keeps its zeros
    bool at_least_tenths = false;  ///< a whole number ends in ".0" unless it has an exponent
    bool upper = false;            ///< E, INF, NAN
};

/// Appends the number; a minus sign comes first for negative numbers and zero, never for NaN.
void append_float(double number, FloatForm form, std::string& out);

/// repr(): 3.0, 1e+16, 1e-05, -0.0, inf, nan.
void append_float_repr(double number, std::string& out);

}  // namespace harness::lang
