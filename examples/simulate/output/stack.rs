//! Stack traces as the languages print them.

use crate::layout::Lang;
use crate::service::Service;
use crate::site::Site;
use crate::words::{Case, cased};

/// The lines behind a failure at `site`; the same each time.
pub(super) fn trace(service: &Service, site: &Site, cause: &str) -> Vec<String> {
    let (file, line) = (&service.sources[site.logger], site.line);
    let logger = &service.loggers[site.logger];
    let snakes = [Lang::Python, Lang::Ruby, Lang::Rust, Lang::Elixir, Lang::Cpp];
    let function =
        cased(&site.function, if snakes.contains(&service.lang) { Case::Snake } else { Case::Camel });
    let snake = cased(&service.stem, Case::Snake);
    let text = match service.lang {
        Lang::Java => format!(
            "java.lang.IllegalStateException: {cause}\n\tat {logger}.{function}({file}:{line})\n\tat {logger}.lambda$run$0({file}:{})\n\tat java.base/java.util.concurrent.ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1144)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)\nCaused by: java.io.IOException: {cause}\n\t... 14 more",
            line + 31
        ),
        Lang::Python => format!(
            "Traceback (most recent call last):\n  File \"/srv/{snake}/{file}\", line {line}, in {function}\n    result = await self._run(request)\n  File \"/srv/{snake}/{file}\", line {}, in _run\n    raise UpstreamError(reason)\n{snake}.errors.UpstreamError: {cause}",
            line + 17
        ),
        Lang::Node => format!(
            "Error: {cause}\n    at {function} (/app/{file}:{line}:11)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)\n    at async handle (/app/{file}:{}:5)",
            line + 9
        ),
        Lang::Go => format!(
            "goroutine {} [running]:\nmain.{function}(0xc000{line:04x}e0)\n\t/src/{file}:{line} +0x1d4\ncreated by main.serve\n\t/src/main.go:77 +0x8f",
            100 + line
        ),
        Lang::DotNet => format!(
            "System.InvalidOperationException: {cause}\n   at {logger}.{}Async(Request request) in /src/{file}:line {line}\n   at {logger}.InvokeAsync(Context context) in /src/{file}:line {}\n   --- End of inner exception stack trace ---",
            cased(&site.function, Case::Pascal),
            line + 12
        ),
        Lang::Ruby => format!(
            "RuntimeError ({cause}):\napp/{file}:{line}:in `{function}'\napp/{file}:{}:in `call'\nlib/middleware.rb:41:in `block in run'",
            line + 6
        ),
        Lang::Php => format!(
            "[stacktrace]\n#0 /var/www/src/{file}({line}): {function}()\n#1 /var/www/src/Kernel.php(88): handle()\n#2 {{main}}"
        ),
        Lang::Rust => {
            format!("Caused by:\n    0: {function} at {file}:{line}\n    1: {cause}\n    2: os error 104")
        }
        Lang::Cpp => {
            format!("  #0 {function} at {file}:{line}\n  #1 dispatch at loop.cc:201\n  #2 main at main.cc:40")
        }
        Lang::Elixir => format!(
            "** (RuntimeError) {cause}\n    {file}:{line}: {snake}.{function}/2\n    (stdlib) proc_lib.erl:240: :proc_lib.init_p_do_apply/3"
        ),
    };
    text.lines().map(str::to_owned).collect()
}
