//! Why a problem occurs and how to fix it, for the pages of `GET /problems/{code}`.

use edge_wire::problem::Code;

/// What a page says besides the title.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Help {
    code: Code,
    pub(crate) why: &'static str,
    pub(crate) fix: &'static str,
}

const fn on(code: Code, why: &'static str, fix: &'static str) -> Help {
    Help { code, why, fix }
}

/// One for each code, in the order of [`Code`].
const HELP: &[Help] = &[
    on(
        Code::Malformed,
        "The body is not JSON, lacks a required member, has one that the route does not take, \
         or a value of another type; or a header has another form than the route reads.",
        "Read `errors`: `field` is a JSON Pointer into the body, or `header:name`. Correct it \
         according to /v1/openapi.json and send the request again.",
    ),
    on(
        Code::PathInvalid,
        "The path has an encoded slash, a dot segment, a doubled slash, `;`, or a control \
         character. Caches and servers read such paths differently, so none is accepted.",
        "Build the path of ids as the API returned them; an id is 1 to 64 of A-Z a-z 0-9 _ . -.",
    ),
    on(
        Code::ParameterInvalid,
        "The query has a parameter that the route does not have, one that stands twice, or a \
         value that the parameter does not take.",
        "Read `errors` for the name of the parameter. Send each at most once.",
    ),
    on(
        Code::BodyNotAllowed,
        "The request has a body, and its method takes none.",
        "Send the parameters in the query, and neither Content-Length nor Transfer-Encoding.",
    ),
    on(
        Code::IdempotencyKeyMissing,
        "A command may reach the server twice. The key tells a repetition from a new command.",
        "Name each command with a fresh random key, and send its retries with the same key.",
    ),
    on(
        Code::IdempotencyKeyInvalid,
        "The key has another length or other characters than a key may have.",
        "Use 16 to 128 of A-Z a-z 0-9 - _: a UUID is one.",
    ),
    on(
        Code::BookmarkInvalid,
        "A bookmark was cut or changed, its key was removed by a rotation, or more than eight \
         bookmarks or 6 KB were sent.",
        "Drop the bookmarks that this request sent, and only those, and read again.",
    ),
    on(
        Code::TokenMissing,
        "The route answers for one cart, one customer or the staff, and the request does not \
         say who calls.",
        "Send the cart's token as Forecourt-Cart (POST /v1/carts returns one), a customer's or \
         staff's as Authorization: Bearer.",
    ),
    on(
        Code::TokenInvalid,
        "The token was not issued by this deployment, was changed on the way, or its key was \
         removed by a rotation.",
        "Get a new token and send it unchanged.",
    ),
    on(
        Code::TokenExpired,
        "A customer's token is valid for 15 minutes, an ID token of Shopify's admin for one.",
        "Get a new token, from POST /v1/session or from App Bridge, and repeat the request.",
    ),
    on(
        Code::SignatureInvalid,
        "Shopify signs webhooks and the requests of the App Proxy. This signature matches no \
         secret of the app, or a request of the App Proxy is older than 90 seconds.",
        "Call personal routes through the shop's own domain. If Shopify's own requests are \
         rejected, compare the app's client secret with the deployment's.",
    ),
    on(
        Code::ShopForeign,
        "The request is signed correctly, for another shop than the one served here.",
        "Call the deployment of that shop.",
    ),
    on(
        Code::NotStaff,
        "The token is a customer's, and admin routes are for the merchant's staff.",
        "Send a staff token, or an ID token of the admin inside Shopify.",
    ),
    on(
        Code::RoleInsufficient,
        "The person is known, and the person's role does not include this act.",
        "An owner can give the person another role: PUT /v1/admin/staff/{person}.",
    ),
    on(
        Code::ProxyOnly,
        "Only Shopify's App Proxy can say which customer is logged in to the shop.",
        "Call the route under the shop's own domain, at the App Proxy's path.",
    ),
    on(
        Code::EdgeBypassed,
        "The request went to the HTTP API directly. Callers are verified and requests bounded \
         at the edge, so it accepts none that did not pass there.",
        "Call the URL of the distribution.",
    ),
    on(
        Code::RouteUnknown,
        "No route has this path, or a segment of it is not an id.",
        "Take the path from /v1/openapi.json.",
    ),
    on(
        Code::ProductUnknown,
        "No product with this id is published.",
        "Check the id. A product just published is served within seconds.",
    ),
    on(
        Code::VersionUnknown,
        "The version was never published, or is no longer stored.",
        "List the versions, and take one of them.",
    ),
    on(
        Code::SelectionUnknown,
        "No selection with this id was saved in the last year.",
        "Save the selection again: POST /v1/configurator/{product}/selections.",
    ),
    on(
        Code::DemandUnknown,
        "There is no export with this id, or its file was deleted after 25 days.",
        "List the demands: GET /v1/admin/privacy/demands. A new demand makes a new file.",
    ),
    on(
        Code::LineUnknown,
        "The line was removed, by this client, on another device, or by an order.",
        "Read the cart again, and use the ids of its lines.",
    ),
    on(
        Code::RedemptionUnknown,
        "This customer has no redemption with this id.",
        "Use the id that POST /v1/loyalty/redemptions returned, with the same customer's token.",
    ),
    on(
        Code::MethodNotAllowed,
        "The path exists, but not with this method.",
        "Use a method that the header Allow lists.",
    ),
    on(
        Code::CartMerged,
        "The customer logged in, and this guest's cart was merged into the customer's own.",
        "Continue with the customer's cart: POST /v1/carts with the customer's token returns \
         its token. To see pending commands of the guest's cart, merge again with its bookmarks.",
    ),
    on(
        Code::IdempotencyConflict,
        "The key already names another command: the method, the path or the body differs.",
        "Use a new key for a new command. A retry has the same bytes.",
    ),
    on(
        Code::IdempotencyKeyExpired,
        "The key was first used more than twelve hours ago, too long to tell a retry apart.",
        "Read again whether the command had its effect; if not, send it with a new key.",
    ),
    on(
        Code::VersionMismatch,
        "Another version was published between your read and your write; If-Match detected it.",
        "Read the newest version, apply your change to it, and send its ETag as If-Match.",
    ),
    on(
        Code::BodyTooLarge,
        "The body is longer than the route takes: 64 KiB for most; a product takes 4 MiB as \
         sent and 64 MiB unpacked, a webhook 5 MiB.",
        "Send less in one request. A product can be sent with Content-Encoding: gzip.",
    ),
    on(
        Code::ContentTypeUnsupported,
        "The body is not declared as application/json, or has a Content-Encoding that the \
         route does not read.",
        "Send Content-Type: application/json and a plain body. Only a product may be gzip.",
    ),
    on(
        Code::ChoiceUnknown,
        "The product has no such option, or the option no such value.",
        "Read GET /v1/configurator/{product} for options and values; `errors` names the choice.",
    ),
    on(
        Code::SelectionImpossible,
        "No configuration holds all of these choices, an option has no value yet, or nothing \
         is in stock.",
        "GET /v1/configurator/{product}/completion returns the nearest selection that can be \
         bought, and explanation says why a value is impossible.",
    ),
    on(
        Code::VariantUnknown,
        "No published product sells this variant.",
        "Use the variant of a resolution, or add the product with its selection.",
    ),
    on(
        Code::QuantityOutOfRange,
        "A line holds 1 to 9,999 pieces, together with those already in the cart.",
        "Send a quantity within the range.",
    ),
    on(
        Code::CartFull,
        "The cart would have too many lines, bytes or properties, or too large a total.",
        "Remove lines, or shorten their properties.",
    ),
    on(
        Code::NameReserved,
        "Checkout writes a property or attribute with this name itself.",
        "Use another name.",
    ),
    on(
        Code::MergeImpossible,
        "Only a guest's cart can be merged, and only into the caller's own.",
        "Send the own cart's token as Forecourt-Cart, and the guest's token as `from`.",
    ),
    on(
        Code::ConfiguratorInvalid,
        "The product has mistakes. All of them are listed, and nothing was published.",
        "Correct each field in `errors`. `forecourt publish --dry-run` finds them offline.",
    ),
    on(
        Code::RewardUnknown,
        "The program in effect does not offer this reward.",
        "Read GET /v1/loyalty/program for the rewards and their ids.",
    ),
    on(
        Code::PointsMismatch,
        "The reward's price changed after the customer saw it.",
        "Show the price of GET /v1/loyalty/program, and redeem with it if the customer agrees.",
    ),
    on(
        Code::PointsInsufficient,
        "Fewer points are available than the reward costs. Pending and held points don't count.",
        "Read GET /v1/loyalty for the available points.",
    ),
    on(
        Code::PointsOutOfRange,
        "An adjustment of 0 points, or of more than one adjustment may have.",
        "Send a number of points within the range that `detail` says.",
    ),
    on(
        Code::ProgramInvalid,
        "The program has mistakes. All of them are listed, and nothing was published.",
        "Correct each field in `errors`, try with `dry_run=true`, and publish again.",
    ),
    on(
        Code::CustomerUnknown,
        "Nothing is stored about this customer: no order counted, and no cart was saved.",
        "Check the id: it is the number at the end of the customer's address in Shopify's admin.",
    ),
    on(
        Code::LookUpUnavailable,
        "The answer would need data that is not stored here, or a system that this deployment \
         does not reach.",
        "Do what the detail says, or look it up where the data is.",
    ),
    on(
        Code::ShopifyAccessDenied,
        "Shopify refuses the app a scope, or protected customer data that was not approved.",
        "Approve what the detail names, install the app again if its scopes changed, and retry.",
    ),
    on(
        Code::ImportInvalid,
        "Rows of the file have mistakes. Nothing of it was imported.",
        "Correct the rows and columns that are listed and send the file again.",
    ),
    on(
        Code::LastOwner,
        "Only an owner can change roles, so the shop must have one.",
        "Make another person an owner first.",
    ),
    on(
        Code::StaffFull,
        "Roles of more persons than are stored were assigned.",
        "Use the staff token for automated callers; it needs no role.",
    ),
    on(
        Code::TooManyPending,
        "This client's earlier commands were accepted and are not applied yet; a bookmark \
         holds a limited number of them.",
        "Keep the bookmarks, wait as long as Retry-After says, read, then send the command.",
    ),
    on(
        Code::TooManyCommands,
        "A cart takes a limited number of changes in 48 hours.",
        "Wait as long as Retry-After says, or continue with a new cart.",
    ),
    on(
        Code::TooManyRedemptions,
        "An account takes a limited number of redemptions in 15 days.",
        "Wait as long as Retry-After says.",
    ),
    on(
        Code::Internal,
        "A defect or a damaged record. Nothing was acknowledged.",
        "A repetition rarely helps. Report the time and the path to the merchant.",
    ),
    on(
        Code::Unavailable,
        "The request could not be made durable, or read, at this moment. Nothing was \
         acknowledged. Some parts need a set-up that is missing; `detail` says so.",
        "Send the same request with the same key after the time that Retry-After says.",
    ),
];

/// The help on a code.
pub(crate) fn help_on(code: Code) -> Option<Help> {
    HELP.iter().find(|help| help.code == code).copied()
}

#[cfg(test)]
mod tests {
    use super::{Code, help_on};

    #[test]
    fn every_code_says_why_it_occurs_and_how_to_fix_it() {
        for code in Code::ALL {
            let help = help_on(*code).unwrap_or_else(|| {
                panic!("{}: add a row to HELP in src/http/problem_help.rs", code.slug())
            });
            assert!(help.why.len() > 20 && help.fix.len() > 10, "{}", code.slug());
        }
    }
}
