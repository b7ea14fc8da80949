/* SPDX-License-Identifier: Apache-2.0 */
/* The implementations of each operation, in order: the first that takes the node wins; `evaluate`
 * takes them all. */
#include "native/plan/planner.h"

enum { MOST = 4 };

static kov_plan_fn const lists[KOV_OP_COUNT][MOST] = {
    [KOV_OP_MAT_MUL] = {kov_plan_mat_mul},
    [KOV_OP_CODED_MAT_MUL] = {kov_plan_coded},
    [KOV_OP_CONVOLUTION] = {kov_plan_convolution},
    [KOV_OP_GROUP_CONVOLUTION] = {kov_plan_depthwise, kov_plan_convolution},
    [KOV_OP_CONVOLUTION_BACKPROP_DATA] = {kov_plan_convolution},
    [KOV_OP_GROUP_CONVOLUTION_BACKPROP_DATA] = {kov_plan_convolution},
    [KOV_OP_MAX_POOL] = {kov_plan_pool},
    [KOV_OP_AVG_POOL] = {kov_plan_pool},
    [KOV_OP_REDUCE_SUM] = {kov_plan_reduce},
    [KOV_OP_REDUCE_MEAN] = {kov_plan_reduce},
    [KOV_OP_REDUCE_PROD] = {kov_plan_reduce},
    [KOV_OP_REDUCE_MAX] = {kov_plan_reduce},
    [KOV_OP_REDUCE_MIN] = {kov_plan_reduce},
    [KOV_OP_REDUCE_LOGICAL_AND] = {kov_plan_reduce},
    [KOV_OP_REDUCE_LOGICAL_OR] = {kov_plan_reduce},
    [KOV_OP_REDUCE_L1] = {kov_plan_reduce},
    [KOV_OP_REDUCE_L2] = {kov_plan_reduce},
    [KOV_OP_CUM_SUM] = {kov_plan_scan},
    [KOV_OP_CUMULATIVE_REDUCE] = {kov_plan_scan},
    [KOV_OP_SOFTMAX] = {kov_plan_softmax},
    [KOV_OP_LOG_SOFTMAX] = {kov_plan_softmax},
    [KOV_OP_SCALED_DOT_PRODUCT_ATTENTION] = {kov_plan_attention},
    [KOV_OP_TOP_K] = {kov_plan_top_k},
    [KOV_OP_LSTM_SEQUENCE] = {kov_plan_recurrent},
    [KOV_OP_GRU_SEQUENCE] = {kov_plan_recurrent},
    [KOV_OP_MVN] = {kov_plan_norm},
    [KOV_OP_RESHAPE] = {kov_plan_reshape},
    [KOV_OP_SQUEEZE] = {kov_plan_reshape},
    [KOV_OP_UNSQUEEZE] = {kov_plan_reshape},
    [KOV_OP_TRANSPOSE] = {kov_plan_transpose},
    [KOV_OP_CONVERT] = {kov_plan_same, kov_plan_elementwise},
    [KOV_OP_BITCAST] = {kov_plan_bitcast},
    [KOV_OP_CONCAT] = {kov_plan_concat},
    [KOV_OP_SPLIT] = {kov_plan_split},
    [KOV_OP_VARIADIC_SPLIT] = {kov_plan_split},
    [KOV_OP_SLICE] = {kov_plan_slice},
    [KOV_OP_STRIDED_SLICE] = {kov_plan_strided_slice},
    [KOV_OP_PAD] = {kov_plan_pad},
    [KOV_OP_BROADCAST] = {kov_plan_same, kov_plan_broadcast},
    [KOV_OP_GATHER] = {kov_plan_gather},
    [KOV_OP_DFT] = {kov_plan_fourier},
    [KOV_OP_IDFT] = {kov_plan_fourier},
    [KOV_OP_RDFT] = {kov_plan_fourier},
    [KOV_OP_IRDFT] = {kov_plan_fourier},
    [KOV_OP_COMPOSITE] = {kov_plan_arg_extreme, kov_plan_length, kov_plan_elementwise},
};

static bool is_elementwise(int op)
{
    return op >= KOV_OP_ABS && op <= KOV_OP_SELECT && op != KOV_OP_CONVERT;
}

kov_status kov_plan_node(kov_planner *p, const kov_node *node)
{
    bool taken = false;
    if (is_elementwise(node->op)) {
        KOV_TRY(kov_plan_elementwise(p, node, &taken));
    } else {
        kov_plan_fn const *list = lists[node->op];
        for (int i = 0; i < MOST && list[i] && !taken; i++)
            KOV_TRY(list[i](p, node, &taken));
    }
    return taken ? KOV_OK : kov_plan_evaluate(p, node, &taken);
}
