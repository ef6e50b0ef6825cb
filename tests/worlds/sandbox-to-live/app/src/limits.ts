export const max_price = 5.00;
