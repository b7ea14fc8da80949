/* SPDX-License-Identifier: Apache-2.0 */
/* One Keras function on data: numpy.log1p of the numbers given as arguments. C, and C++ as well.
 *
 *     cc log1p.c $(pkg-config --cflags --libs kov) -o log1p && ./log1p 1e-10 0.5 1 */
#include <kov/kov.h>
#include <stdio.h>
#include <stdlib.h>

static int fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, kov_error_text());
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    kov_context *context = NULL;
    kov_tensor *x = NULL, *y = NULL;
    kov_argument argument;
    int status = EXIT_FAILURE, count = 1, function = kov_function_find("numpy", "log1p");
    int64_t n = argc - 1;
    const double *results;
    double *numbers = (double *)malloc(sizeof *numbers * (size_t)argc);
    if (!numbers)
        return EXIT_FAILURE;
    for (int i = 1; i < argc; i++)
        numbers[i - 1] = strtod(argv[i], NULL);

    if (kov_context_create(NULL, &context) != KOV_OK) {
        fail("context");
        goto done;
    }
    if (kov_tensor_from_data(context, KOV_DTYPE_F64, 1, &n, numbers, &x) != KOV_OK) {
        fail("tensor");
        goto done;
    }
    argument.kind = KOV_ARGUMENT_TENSOR;
    argument.u.tensor = x;
    if (kov_eager_call(context, function, KOV_DTYPE_F32, &argument, 1, &y, &count) != KOV_OK) {
        fail("numpy.log1p");
        goto done;
    }
    results = (const double *)kov_tensor_data(y);
    for (int64_t i = 0; i < n; i++)
        printf("log1p(%.17g) = %.17g\n", numbers[i], results[i]);
    status = EXIT_SUCCESS;
done:
    kov_tensor_release(y);
    kov_tensor_release(x);
    kov_context_release(context);
    free(numbers);
    return status;
}
