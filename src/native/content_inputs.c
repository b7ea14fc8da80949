/* SPDX-License-Identifier: Apache-2.0 */
/* Which inputs of operations shape inference reads the elements of. */
#include "native/executable.h"

bool kov_reads_content(int op, int input)
{
    switch (op) {
    case KOV_OP_RESHAPE:
    case KOV_OP_SQUEEZE:
    case KOV_OP_UNSQUEEZE:
    case KOV_OP_TRANSPOSE:
    case KOV_OP_TILE:
    case KOV_OP_SPLIT:
    case KOV_OP_REDUCE_SUM:
    case KOV_OP_REDUCE_MEAN:
    case KOV_OP_REDUCE_PROD:
    case KOV_OP_REDUCE_MAX:
    case KOV_OP_REDUCE_MIN:
    case KOV_OP_REDUCE_LOGICAL_AND:
    case KOV_OP_REDUCE_LOGICAL_OR:
    case KOV_OP_REDUCE_L1:
    case KOV_OP_REDUCE_L2:
    case KOV_OP_TOP_K:
    case KOV_OP_CUM_SUM:
    case KOV_OP_CUMULATIVE_REDUCE:
    case KOV_OP_ADAPTIVE_AVG_POOL:
    case KOV_OP_ADAPTIVE_MAX_POOL:
    case KOV_OP_MVN:
    case KOV_OP_NORMALIZE_L2:
    case KOV_OP_ONE_HOT:
        return input == 1;
    case KOV_OP_BROADCAST:
    case KOV_OP_VARIADIC_SPLIT:
    case KOV_OP_PAD:
    case KOV_OP_INTERPOLATE:
        return input == 1 || input == 2;
    case KOV_OP_SLICE:
    case KOV_OP_STRIDED_SLICE:
        return input >= 1;
    case KOV_OP_RANGE:
        return true;
    case KOV_OP_EYE:
        return input <= 1;
    case KOV_OP_GATHER:
    case KOV_OP_CONVOLUTION_BACKPROP_DATA:
    case KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA:
        return input == 2;
    case KOV_OP_SCATTER_UPDATE:
    case KOV_OP_SCATTER_ELEMENTS_UPDATE:
        return input == 3;
    default:
        return false;
    }
}
