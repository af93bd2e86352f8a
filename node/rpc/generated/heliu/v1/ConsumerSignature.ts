// Original file: proto/heliu/v1/transfer.proto


export interface ConsumerSignature {
  'receiptId'?: (string);
  'signature'?: (string);
}

export interface ConsumerSignature__Output {
  'receiptId': (string);
  'signature': (string);
}
