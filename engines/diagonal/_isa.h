// The engine for one instruction set; see _target.h.
#pragma once
#include "_simd.h"
#include "_rotate.h"
#include "_phase.h"
#include "_digits.h"
#include "_pass.h"
#include "_tile.h"
#include "_multiply.h"
#include "_schedule.h"
#include "_forward.h"
#include "_backward.h"
