/* SPDX-License-Identifier: Apache-2.0 */
/* Partitions between two engines that compute by the interpreter; the one refuses some operations.
 */
#include "runtime/partition.h"

#include "native/native_case.h"
#include "opset/interpret.h"
#include "passes/stable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool takes_all(const kov_graph *graph, const kov_node *node, char *why, size_t why_size)
{
    (void)graph;
    (void)node;
    (void)why;
    (void)why_size;
    return true;
}

static bool refuses_some(const kov_graph *graph, const kov_node *node, char *why, size_t why_size)
{
    (void)graph;
    bool takes = node->op != KOV_OP_EXP && node->op != KOV_OP_MULTIPLY;
    if (!takes)
        snprintf(why, why_size, "no kernel of the test");
    return takes;
}

static bool refuses_all(const kov_graph *graph, const kov_node *node, char *why, size_t why_size)
{
    (void)graph;
    (void)node;
    snprintf(why, why_size, "never");
    return false;
}

static const kov_engine plain = {.name = "plain", .supports = takes_all};
static const kov_engine picky = {.name = "picky", .supports = refuses_some};
static const kov_engine unwilling = {.name = "unwilling", .supports = refuses_all};

/* Runs the parts in order. A slot that is read before a part has filled it fails: so parts that
 * need each other's results both ways, which convex parts cannot, are found. */
static void run_parts(native_case *test, const kov_partition *p, kov_tensor **results)
{
    kov_tensor *slots[256] = {0};
    assert_in_range(p->slot_count, test->input_count, 255);
    for (int i = 0; i < test->input_count; i++)
        slots[i] = test->inputs[i];
    for (int i = 0; i < p->part_count; i++) {
        const kov_part *part = &p->parts[i];
        kov_tensor *in[256], *out[256];
        assert_int_equal(kov_graph_verify(part->graph), KOV_OK);
        assert_int_equal(part->input_count, kov_graph_parameter_count(part->graph));
        assert_int_equal(part->output_count, kov_graph_result_count(part->graph));
        for (int j = 0; j < part->input_count; j++) {
            in[j] = slots[part->input_slots[j]];
            assert_non_null(in[j]);
        }
        assert_int_equal(kov_interpret(part->graph, in, part->input_count, out), KOV_OK);
        for (int j = 0; j < part->output_count; j++) {
            assert_null(slots[part->output_slots[j]]);
            slots[part->output_slots[j]] = out[j];
        }
    }
    for (int i = 0; i < p->result_count; i++) {
        results[i] = slots[p->result_slots[i]];
        assert_non_null(results[i]);
        kov_tensor_retain(results[i]);
    }
    for (int i = test->input_count; i < p->slot_count; i++)
        kov_tensor_release(slots[i]);
}

static void check_engines(const kov_partition *p, const kov_engine *wanted)
{
    for (int i = 0; i < p->part_count; i++) {
        const kov_part *part = &p->parts[i];
        if (part->engine != wanted)
            continue;
        for (int j = 0; j < part->graph->nodes.n; j++) {
            const kov_node *node = &part->graph->nodes.at[j];
            char why[160];
            if (node->op != KOV_OP_PARAMETER && node->op != KOV_OP_CONSTANT)
                assert_true(wanted->supports(part->graph, node, why, sizeof why));
        }
    }
}

static void check(native_case *test, kov_graph *graph, const kov_engine *wanted, kov_partition *p)
{
    kov_tensor *have[NATIVE_CASE_RESULTS], *want[NATIVE_CASE_RESULTS];
    assert_int_equal(kov_partition_make(graph, wanted, &plain, p), KOV_OK);
    assert_int_equal(p->result_count, kov_graph_result_count(graph));
    check_engines(p, wanted);
    assert_int_equal(kov_interpret(graph, test->inputs, test->input_count, want), KOV_OK);
    run_parts(test, p, have);
    for (int i = 0; i < p->result_count; i++) {
        native_compare(have[i], want[i], 0);
        kov_tensor_release(have[i]);
        kov_tensor_release(want[i]);
    }
}

static void again(native_case *test)
{
    for (int i = 0; i < test->input_count; i++)
        kov_tensor_release(test->inputs[i]);
    test->input_count = 0;
    kov_builder_release(test->b);
    assert_int_equal(kov_builder_create(test->context, &test->b), KOV_OK);
}

/* exp on both ways around a taken operation: two parts of one engine may not become one. */
static void diamond(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(2, 3), KOV_ROLE_INPUT);
    kov_value taken = kov_sin(b, x), refused = kov_exp(b, taken);
    kov_value y = kov_add(b, taken, refused);
    kov_graph *graph = native_finish(test, &y, 1);
    kov_partition p;
    check(test, graph, &picky, &p);
    assert_int_equal(p.part_count, 3);
    assert_false(p.has_prologue);
    assert_ptr_equal(p.parts[0].engine, &picky);
    assert_ptr_equal(p.parts[1].engine, &plain);
    assert_ptr_equal(p.parts[2].engine, &picky);
    assert_non_null(strstr(p.why.at, "no kernel of the test"));
    kov_partition_free(&p);
    check(test, graph, &plain, &p);
    assert_int_equal(p.part_count, 1);
    kov_partition_free(&p);
    check(test, graph, &unwilling, &p);
    assert_int_equal(p.part_count, 1);
    assert_ptr_equal(p.parts[0].engine, &plain);
    kov_partition_free(&p);
    kov_graph_release(graph);
    native_end(test);
}

static void prologue(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_builder *b = test->b;
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_INPUT);
    kov_value v = native_input(test, KOV_DTYPE_F32, DIMS(3), KOV_ROLE_VARIABLE);
    kov_value early = kov_exp(b, v);
    const kov_value results[] = {kov_add(b, x, early), early, v,
                                 native_constant(test, KOV_DTYPE_F32, DIMS(2))};
    kov_graph *graph = native_finish(test, results, 4);
    kov_partition p;
    check(test, graph, &picky, &p);
    assert_true(p.has_prologue);
    assert_ptr_equal(p.parts[0].engine, &plain);
    for (int i = 0; i < p.parts[0].input_count; i++)
        assert_true(p.parts[0].input_stable[i]);
    int stable = 0;
    for (int i = 0; i < p.parts[1].input_count; i++)
        stable += p.parts[1].input_stable[i];
    assert_int_equal(stable, 1);
    kov_partition_free(&p);
    kov_graph_release(graph);
    native_end(test);
}

static kov_value random_node(native_case *test, const kov_value *values, int n)
{
    kov_builder *b = test->b;
    kov_value x = values[native_below(test, n)], y = values[native_below(test, n)];
    switch (native_below(test, 7)) {
    case 0:
        return kov_exp(b, kov_sin(b, x));
    case 1:
        return kov_multiply(b, x, y);
    case 2:
        return kov_sin(b, x);
    case 3: {
        int count;
        kov_value parts = kov_split(b, x, kov_constant_i64_scalar(b, 0), 2, &count);
        const kov_value back[] = {kov_output(parts, 1), parts};
        return kov_concat(b, back, 2, 0);
    }
    case 4:
        return kov_relu(b, x);
    case 5:
        return kov_add(b, x, native_constant(test, KOV_DTYPE_F32, DIMS(4)));
    default:
        return kov_add(b, x, y);
    }
}

static void random_graphs(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    for (int round = 0; round < 200; round++) {
        kov_value values[24];
        int n = 0;
        for (; n < 4; n++)
            values[n] = native_input(test, KOV_DTYPE_F32, DIMS(4),
                                     n == 2 ? KOV_ROLE_VARIABLE : KOV_ROLE_INPUT);
        for (; n < 24; n++)
            values[n] = random_node(test, values, n);
        const kov_value results[] = {values[23], values[10], values[native_below(test, 24)]};
        kov_graph *graph = native_finish(test, results, 3);
        const kov_engine *const engines[] = {&picky, &plain, &unwilling};
        for (int i = 0; i < 3; i++) {
            kov_partition p;
            check(test, graph, engines[i], &p);
            kov_partition_free(&p);
        }
        kov_graph_release(graph);
        again(test);
    }
    native_end(test);
}

static void memory_runs_out(void **state)
{
    (void)state;
    native_case *test = native_begin(1);
    kov_value x = native_input(test, KOV_DTYPE_F32, DIMS(4), KOV_ROLE_INPUT);
    kov_value y = kov_add(test->b, kov_exp(test->b, kov_sin(test->b, x)), x);
    kov_graph *graph = native_finish(test, &y, 1);
    for (int64_t n = 1;; n++) {
        kov_partition p = {0};
        kov_memory_fail_after(test->context, n);
        kov_status status = kov_partition_make(graph, &picky, &plain, &p);
        bool failed = kov_memory_failed(test->context);
        kov_memory_fail_after(test->context, 0);
        assert_int_equal(status, failed ? KOV_OUT_OF_MEMORY : KOV_OK);
        kov_partition_free(&p);
        if (status == KOV_OK)
            break;
    }
    kov_graph_release(graph);
    native_end(test);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(diamond),
        cmocka_unit_test(prologue),
        cmocka_unit_test(random_graphs),
        cmocka_unit_test(memory_runs_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
