//! `GET /problems/{code}`: the page that the `type` of a problem leads to.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use edge_wire::problem::Code;
use http::header::CONTENT_SECURITY_POLICY;

use crate::http::http_problem::HttpProblem;
use crate::http::problem_help::{Help, help_on};

/// The page has a style sheet of its own and nothing else to load or run.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// What a problem means, why it occurs and how to fix it, for people.
#[utoipa::path(get, path = "/problems/{code}", tag = "problems",
    params(("code" = String, Path, description = "the `code` of a problem")),
    responses((status = 200, body = String, content_type = "text/html",
        description = "A page in English.")))]
pub(crate) async fn show(Path(slug): Path<String>) -> Result<Response, HttpProblem> {
    let code = Code::ALL.iter().copied().find(|code| code.slug() == slug);
    let helped = code.and_then(|code| Some((code, help_on(code)?)));
    let (code, help) = helped.ok_or_else(|| {
        let detail = "No problem has this code. /v1/openapi.json lists the codes.";
        HttpProblem::new(Code::RouteUnknown, detail)
    })?;
    Ok(([(CONTENT_SECURITY_POLICY, POLICY)], Html(page(code, help))).into_response())
}

fn page(code: Code, Help { why, fix, .. }: Help) -> String {
    let (title, why, fix) = (escaped(code.title()), escaped(why), escaped(fix));
    let (slug, status) = (code.slug(), code.status());
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>body {{ font: 1rem/1.5 sans-serif; max-width: 40rem; margin: 2rem auto; \
         padding: 0 1rem }}</style>\n</head>\n<body>\n<h1>{title}</h1>\n\
         <p>Status {status}, code <code>{slug}</code>.</p>\n\
         <h2>Why</h2>\n<p>{why}</p>\n<h2>How to fix it</h2>\n<p>{fix}</p>\n\
         <p><a href=\"/v1/openapi.json\">The description of the API</a></p>\n\
         </body>\n</html>\n"
    )
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn a_text_can_hold_no_markup() {
        assert_eq!(escaped("<b> & \"x\""), "&lt;b&gt; &amp; &quot;x&quot;");
    }
}
