"""The mutations of this room, and the resolvers of its types by the type's name."""

from typing import Final

from stockstorm.simulator.api.admin.base.call import Resolver
from stockstorm.simulator.api.admin.resolvers.adjustments import CODED_ERROR
from stockstorm.simulator.api.admin.resolvers.orders import (
    creation,
    deliveries,
    details,
    endings,
    fields,
    lines,
    parcels,
    payments,
    people,
    queries,
)

MUTATIONS: Final[dict[str, Resolver]] = {
    "orderCreate": creation.create,
    "orderCancel": endings.cancel,
    "refundCreate": endings.refund,
    "fulfillmentCreate": parcels.create,
}
TYPES: Final[dict[str, dict[str, Resolver]]] = {
    "Order": {**fields.ORDER, **details.ORDER},
    "Attribute": fields.ATTRIBUTE,
    "LineItem": {**lines.LINE, **details.LINE},
    "TaxLine": details.TAX,
    "ShippingLine": details.SHIPPING,
    "DiscountAllocation": details.DISCOUNT,
    "Refund": lines.REFUND,
    "RefundLineItem": lines.REFUND_LINE,
    "MoneyBag": lines.MONEY_BAG,
    "MoneyV2": lines.MONEY,
    "Customer": {
        **people.CUSTOMER,
        "orders": queries.customer_orders,
        "numberOfOrders": queries.customer_orders_count,
    },
    "CustomerEmailAddress": people.EMAIL,
    "CustomerPhoneNumber": people.PHONE,
    "OrderApp": details.APP,
    "MailingAddress": people.ADDRESS,
    "OrderTransaction": payments.TRANSACTION,
    "Fulfillment": parcels.PARCEL,
    "FulfillmentTrackingInfo": parcels.TRACKING,
    "FulfillmentLineItem": parcels.PARCEL_LINE,
    "FulfillmentOrder": {**parcels.WORK, **deliveries.WORK},
    "FulfillmentOrderLineItem": parcels.WORK_LINE,
    "DeliveryMethod": deliveries.METHOD,
    "FulfillmentOrderDestination": deliveries.DESTINATION,
    "FulfillmentOrderSupportedAction": deliveries.ACTION,
    "FulfillmentOrderAssignedLocation": parcels.ASSIGNED,
    "FulfillmentCreatePayload": parcels.PAYLOAD,
    "Job": endings.JOB,
    "OrderCreatePayload": creation.PAYLOAD,
    "OrderCreateUserError": CODED_ERROR,
    "OrderCancelPayload": endings.CANCEL_PAYLOAD,
    "OrderCancelUserError": CODED_ERROR,
    "RefundCreatePayload": endings.REFUND_PAYLOAD,
}
