//! Problem documents (RFC 9457). The one place that knows status codes.

use serde::Serialize;

/// The media type of every error of ours.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Every reason to reject a request, with its status, its code on the wire and its title.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $slug:literal $title:literal;)+) => {
        /// Why a request was rejected. Within `/v1` codes are only added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code { $($(#[$doc])* $name,)+ }

        impl Code {
            /// All of them, for the documentation.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The HTTP status: one per cause.
            #[must_use]
            pub fn status(self) -> u16 { match self { $(Self::$name => $status,)+ } }

            /// The code on the wire; `/problems/{code}` is the problem's type.
            #[must_use]
            pub fn slug(self) -> &'static str { match self { $(Self::$name => $slug,)+ } }

            /// What went wrong, in a few words that never change.
            #[must_use]
            pub fn title(self) -> &'static str { match self { $(Self::$name => $title,)+ } }
        }
    };
}

codes! {
    /// The body or a parameter is not what the route takes.
    Malformed = 400 "malformed" "The request is malformed";
    /// A path with an encoded slash, dot segment, `;` or control character.
    PathInvalid = 400 "path-invalid" "The path is not canonical";
    /// A query parameter the route does not have, or a repeated one.
    ParameterInvalid = 400 "parameter-invalid" "A query parameter is not accepted";
    /// A body where the method has none.
    BodyNotAllowed = 400 "body-not-allowed" "This request takes no body";
    /// No `Idempotency-Key` on a command.
    IdempotencyKeyMissing = 400 "idempotency-key-missing" "A command needs an Idempotency-Key";
    /// An `Idempotency-Key` of the wrong form.
    IdempotencyKeyInvalid = 400 "idempotency-key-invalid" "The Idempotency-Key is malformed";
    /// A bookmark that does not verify, or too many of them.
    BookmarkInvalid = 400 "bookmark-invalid" "A bookmark does not verify";
    /// A personal route without its token.
    TokenMissing = 401 "token-missing" "A token is missing";
    /// A token that is not ours, or that was revoked.
    TokenInvalid = 401 "token-invalid" "A token does not verify";
    /// A customer token past its quarter of an hour, or an ID token past its minute.
    TokenExpired = 401 "token-expired" "The token has expired";
    /// A webhook or app-proxy signature that does not verify.
    SignatureInvalid = 401 "signature-invalid" "The signature does not verify";
    /// Signed for a shop that is not this one.
    ShopForeign = 403 "shop-foreign" "This deployment serves another shop";
    /// An admin route called with a customer's token.
    NotStaff = 403 "not-staff" "Only the merchant's staff may do this";
    /// A person of the staff whose role does not allow it.
    RoleInsufficient = 403 "role-insufficient" "Your role does not allow this";
    /// A route that only the App Proxy may call.
    ProxyOnly = 403 "proxy-only" "This route is called through the App Proxy";
    /// A request that did not come through the edge.
    EdgeBypassed = 403 "edge-bypassed" "The API is called through the edge";
    /// No such route.
    RouteUnknown = 404 "route-unknown" "There is no such route";
    /// No such product.
    ProductUnknown = 404 "product-unknown" "There is no such product";
    /// A version that was never published, or is no longer stored.
    VersionUnknown = 404 "version-unknown" "There is no such version";
    /// A selection that was never saved, or has expired.
    SelectionUnknown = 404 "selection-unknown" "There is no such saved selection";
    /// No such privacy demand, or its file has expired.
    DemandUnknown = 404 "demand-unknown" "There is no such export";
    /// No such line in this cart.
    LineUnknown = 404 "line-unknown" "There is no such line in the cart";
    /// No such redemption of this customer.
    RedemptionUnknown = 404 "redemption-unknown" "There is no such redemption";
    /// A customer of whom nothing is stored.
    CustomerUnknown = 404 "customer-unknown" "There is no such customer";
    /// A method the route does not have; see `Allow`.
    MethodNotAllowed = 405 "method-not-allowed" "The route does not take this method";
    /// A guest's cart that was merged into a customer's own, which the problem does not name: its id is
    /// the customer's.
    CartMerged = 409 "cart-merged" "The cart was merged into another";
    /// One `Idempotency-Key` for two different commands.
    IdempotencyConflict = 409 "idempotency-conflict" "The Idempotency-Key was used for another command";
    /// An `Idempotency-Key` first used more than twelve hours ago.
    IdempotencyKeyExpired = 410 "idempotency-key-expired" "The Idempotency-Key has expired";
    /// `If-Match` names a version that is no longer the newest.
    VersionMismatch = 412 "version-mismatch" "The resource has changed since";
    /// A body over the route's bound.
    BodyTooLarge = 413 "body-too-large" "The body is too large";
    /// A body that is not JSON by its `Content-Type`.
    ContentTypeUnsupported = 415 "content-type-unsupported" "The content type is not supported";
    /// A selection that names an option or value the product does not have.
    ChoiceUnknown = 422 "choice-unknown" "The product has no such option or value";
    /// A selection no configuration can satisfy, or one that is not complete.
    SelectionImpossible = 422 "selection-impossible" "The selection can't be bought";
    /// A variant no product sells.
    VariantUnknown = 422 "variant-unknown" "There is no such variant";
    /// A quantity outside its range.
    QuantityOutOfRange = 422 "quantity-out-of-range" "The quantity is out of range";
    /// A cart past one of its limits.
    CartFull = 422 "cart-full" "The cart is full";
    /// A property or attribute whose name is ours.
    NameReserved = 422 "name-reserved" "The name is reserved";
    /// A merge of anything but a guest's cart into the customer's own.
    MergeImpossible = 422 "merge-impossible" "These carts can't be merged";
    /// A product document with mistakes, all of them listed.
    ConfiguratorInvalid = 422 "configurator-invalid" "The product has mistakes";
    /// A reward the program does not offer.
    RewardUnknown = 422 "reward-unknown" "There is no such reward";
    /// Points that are not what the reward costs.
    PointsMismatch = 422 "points-mismatch" "The reward costs something else";
    /// More points than are available.
    PointsInsufficient = 422 "points-insufficient" "There are not enough points";
    /// A number of points outside its range.
    PointsOutOfRange = 422 "points-out-of-range" "The points are out of range";
    /// A loyalty program with mistakes, all of them listed.
    ProgramInvalid = 422 "program-invalid" "The programme has mistakes";
    /// A scope or an approval that the app does not have.
    ShopifyAccessDenied = 422 "shopify-access-denied" "Shopify does not let the app do this";
    /// A look-up by something that is not stored.
    LookUpUnavailable = 422 "look-up-unavailable" "This can't be looked up";
    /// A file with mistakes, all of them listed.
    ImportInvalid = 422 "import-invalid" "The file has mistakes";
    /// A change of role that would leave the shop without an owner.
    LastOwner = 422 "last-owner" "A shop needs an owner";
    /// More persons with roles than are stored.
    StaffFull = 422 "staff-full" "The staff has too many persons";
    /// More commands pending than a bookmark holds.
    TooManyPending = 429 "too-many-pending" "Too many commands are on their way";
    /// More commands than a cart takes in 48 hours.
    TooManyCommands = 429 "too-many-commands" "The cart changed too often";
    /// More redemptions than an account takes in 15 days.
    TooManyRedemptions = 429 "too-many-redemptions" "Too many redemptions are under way";
    /// We failed; nothing was acknowledged.
    Internal = 500 "internal" "Something failed on our side";
    /// It could not be made durable or read now; nothing was acknowledged.
    Unavailable = 503 "unavailable" "Try again shortly";
}

/// As long as an edge keeps a personal answer: the next read shows what was absorbed since.
pub const PENDING_RETRY_S: u32 = 5;
/// A table or bus that failed three attempts of the SDK has trouble for some seconds.
pub const UNAVAILABLE_RETRY_S: u32 = 3;

/// One problem document as the viewer gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    /// What was wrong here and how to fix it.
    pub detail: String,
    /// The path of the request.
    pub instance: String,
    /// Every field at fault.
    pub errors: Vec<FieldError>,
    /// Of a merged cart, when the rejected command was accepted before: what to merge with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bookmark: Option<String>,
    /// Seconds for `Retry-After`.
    #[serde(skip)]
    pub retry_after_s: Option<u32>,
    /// The methods for `Allow`.
    #[serde(skip)]
    pub allow: Option<String>,
}

/// One field at fault: a JSON Pointer into the body, or `query:name`, or `header:name`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

// === impl Code ===

impl Code {
    /// Seconds after which the same request may succeed, unless the problem itself knows better.
    fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::TooManyPending => Some(PENDING_RETRY_S),
            Self::Unavailable => Some(UNAVAILABLE_RETRY_S),
            _ => None,
        }
    }
}

// === impl Problem ===

impl Problem {
    /// A problem with its detail, and `Retry-After` if a wait helps.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/problems/{}", code.slug()),
            title: code.title(),
            status: code.status(),
            code: code.slug(),
            detail: detail.into(),
            instance: String::new(),
            errors: Vec::new(),
            bookmark: None,
            retry_after_s: code.retry_after_s(),
            allow: None,
        }
    }

    /// Names a field at fault.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
        self
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.code
    }
}
