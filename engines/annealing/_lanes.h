// The lanes of this translation unit: those that it included first, else the compiler's vectors.
#pragma once
#ifndef QOPT_LANES
#include "_lanes_vector.h"
#endif
