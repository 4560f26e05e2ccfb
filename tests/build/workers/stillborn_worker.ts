/** Dies while it loads. */
throw new Error("stillborn on purpose");
