// Original file: proto/heliu/v1/settlement.proto


export interface TreeEntry {
  'receiptId'?: (string);
  'coreDigest'?: (string);
}

export interface TreeEntry__Output {
  'receiptId': (string);
  'coreDigest': (string);
}
