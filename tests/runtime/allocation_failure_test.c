/* SPDX-License-Identifier: Apache-2.0 */
/* A model is loaded from its files, made ready and run, while the first, the second, ... the last
 * allocation of all that fails: each time the failure is said, nothing is left behind, and the next
 * attempt works. Natively, and on OpenVINO's CPU device where OpenVINO is found (the environment's
 * KOV_OPENVINO_LIB). */
#include <kov/ir.h>
#include <kov/plan.h>

#include "base/memory.h"
#include "native/native_case.h"
#include "opset/interpret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATH_ROOM = 256 };

typedef struct model {
    native_case *test;
    char folder[PATH_ROOM], xml[PATH_ROOM], bin[PATH_ROOM];
    kov_tensor *input, *want;
} model;

static void write_file(const char *path, const kov_bytes *bytes)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes->data, 1, bytes->size, file), bytes->size);
    assert_int_equal(fclose(file), 0);
}

/* Convolution, scale, a product, softmax over a free batch: weights, a prologue, packed operands.
 */
static kov_value network(native_case *test, kov_value x)
{
    kov_builder *b = test->b;
    const kov_ints one = {(const int64_t[]){1, 1}, 2}, none = {(const int64_t[]){0, 0}, 2};
    kov_value kernel = native_constant(test, KOV_DTYPE_F32, DIMS(5, 3, 3, 3));
    kov_value y = kov_convolution(b, x, kernel, one, none, none, one, "explicit");
    y = kov_multiply(b, y, native_constant(test, KOV_DTYPE_F32, DIMS(1, 5, 1, 1)));
    y = kov_relu(b, kov_add(b, y, native_constant(test, KOV_DTYPE_F32, DIMS(1, 5, 1, 1))));
    y = kov_reduce_mean(b, y, INTS(test, 2, 3), false);
    y = kov_mat_mul(b, y, native_constant(test, KOV_DTYPE_F32, DIMS(5, 4)), false, false);
    return kov_softmax(b, y, 1);
}

static void begin(model *m)
{
    const int64_t dims[] = {KOV_DIM_FREE, 3, 8, 8};
    kov_bytes xml, bin;
    snprintf(m->folder, sizeof m->folder, "%s/kov-load-XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(m->folder));
    assert_true(snprintf(m->xml, sizeof m->xml, "%s/m.xml", m->folder) < PATH_ROOM);
    assert_true(snprintf(m->bin, sizeof m->bin, "%s/m.bin", m->folder) < PATH_ROOM);
    m->test = native_begin(1);
    kov_value x = kov_builder_parameter(m->test->b, KOV_DTYPE_F32, 4, dims, "x", KOV_ROLE_INPUT);
    kov_value y = network(m->test, x);
    kov_graph *graph = native_finish(m->test, &y, 1);
    m->input = native_tensor(m->test, KOV_DTYPE_F32, DIMS(2, 3, 8, 8));
    assert_int_equal(kov_interpret(graph, &m->input, 1, &m->want), KOV_OK);
    assert_int_equal(kov_graph_to_ir(graph, NULL, &xml, &bin), KOV_OK);
    write_file(m->xml, &xml);
    write_file(m->bin, &bin);
    kov_bytes_free(&xml);
    kov_bytes_free(&bin);
    kov_graph_release(graph);
}

static void end(model *m)
{
    kov_tensor_release(m->input);
    kov_tensor_release(m->want);
    native_end(m->test);
    assert_int_equal(remove(m->xml) + remove(m->bin) + rmdir(m->folder), 0);
}

static kov_status load_and_run(const model *m, const char *device, kov_tensor **out)
{
    const kov_plan_options options = {.device = device};
    kov_graph *graph = NULL;
    kov_plan *plan = NULL;
    kov_status status = kov_graph_from_ir_file(m->test->context, m->xml, &graph);
    if (status == KOV_OK)
        status = kov_plan_create(graph, &options, &plan);
    if (status == KOV_OK)
        status = kov_plan_run(plan, (kov_tensor *const[]){m->input}, 1, out, 1);
    kov_plan_release(plan);
    kov_graph_release(graph);
    return status;
}

static void fail_each(const char *device)
{
    model m;
    begin(&m);
    kov_context *context = m.test->context;
    kov_tensor *out = NULL;
    assert_int_equal(load_and_run(&m, device, &out), KOV_OK); /* what is made once is made */
    native_compare(out, m.want, 1e-5);
    kov_tensor_release(out);
    kov_memory_trim(context);
    const size_t before = kov_context_bytes_in_use(context);
    for (int64_t n = 1;; n++) {
        out = NULL;
        kov_memory_fail_after(context, n);
        kov_status status = load_and_run(&m, device, &out);
        bool failed = kov_memory_failed(context);
        kov_memory_fail_after(context, 0);
        if (status == KOV_OK) { /* what could do without the memory may have gone on */
            native_compare(out, m.want, 1e-5);
        } else {
            assert_true(failed);
            assert_int_equal(status, KOV_OUT_OF_MEMORY);
            assert_non_null(strstr(kov_error_text(), "memory"));
            assert_null(out);
        }
        kov_tensor_release(out);
        kov_memory_trim(context);
        assert_int_equal(kov_context_bytes_in_use(context), before);
        if (!failed) {
            print_message("%s: each of %lld allocations failed once\n", device, (long long)(n - 1));
            break;
        }
        assert_true(n < 100000);
    }
    end(&m);
}

static void natively(void **state)
{
    (void)state;
    fail_each("NATIVE");
}

static void on_openvino(void **state)
{
    (void)state;
    kov_context *context;
    char **devices = NULL;
    bool there = false;
    assert_int_equal(kov_context_create(NULL, &context), KOV_OK);
    assert_int_equal(kov_devices(context, &devices), KOV_OK);
    for (int i = 0; devices[i]; i++)
        there = there || strcmp(devices[i], "CPU") == 0;
    kov_devices_free(devices);
    kov_context_release(context);
    if (!there)
        skip();
    fail_each("CPU");
}

int main(void)
{
    unsetenv("KOV_DEVICE");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(natively),
        cmocka_unit_test(on_openvino),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
